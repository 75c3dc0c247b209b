# One image for every process; the command chooses which. Built by `docker compose build`.

FROM node:20-slim AS pages
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements.lock ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY . .
# Its packages stay in /app, where the final image finds them; /venv gets the `memberhall` command
# and the registry's entry points. The modes of files in a checkout depend on who checked it out.
RUN /venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation \
        --config-settings editable_mode=compat --editable . \
    && rm -rf build && chmod -R u=rwX,go=rX /app
COPY --from=pages /app/node_modules node_modules
RUN python -m console.prepare --pages && rm -rf node_modules
# Compose hands every process its secrets in a volume of its own, which takes its owner from here.
RUN /venv/bin/python -m console.handing_out --folders /handed

FROM python:3.11-slim
# Nobody in particular: the same number as in deploy/k8s.
RUN useradd --uid 10001 --no-create-home --home-dir /app memberhall
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY --from=build --chown=10001:10001 /handed /handed
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001
EXPOSE 8080
CMD ["memberhall", "--help"]
