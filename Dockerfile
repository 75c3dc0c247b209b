# One image for every process; the command chooses which. Built by `docker compose build`.

FROM node:20-slim AS pages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY . .
COPY --from=pages /app/node_modules node_modules
# Its own packages stay in /app; only the `memberhall` command and the registry go into the venv.
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation -e . \
    && python -m console.prepare --pages \
    && rm -rf node_modules

FROM python:3.11-slim
# Nobody in particular: the same number as in deploy/k8s.
RUN useradd --uid 10001 --no-create-home --home-dir /app memberhall
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8080
CMD ["memberhall", "--help"]
