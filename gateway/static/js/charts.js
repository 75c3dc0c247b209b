// Draws each chart from its table twin, so that the numbers exist once.
(() => {
  "use strict";
  const colour = (name) => {
    const probe = document.createElement("span");
    probe.className = `chart-colour-${name}`;
    document.body.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };

  const SERIES = ["accent", "bad"];

  // Labels, and for each column of numbers its name, values and texts.
  function read(canvas) {
    const table = document.getElementById(canvas.dataset.chart);
    const rows = [...table.tBodies[0].rows];
    const names = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent.trim());
    return {
      labels: rows.map((row) => row.cells[0].textContent.trim()),
      columns: names.map((name, at) => ({
        name,
        values: rows.map((row) => Number(row.cells[at + 1].dataset.value)),
        texts: rows.map((row) => row.cells[at + 1].textContent.trim()),
      })),
    };
  }

  function series({ columns }) {
    return columns.map(({ name, values, texts }, at) => ({
      label: name, data: values, texts, backgroundColor: colour(SERIES[at]), borderRadius: 4, maxBarThickness: 36,
    }));
  }

  const legend = (isOne) => ({
    display: !isOne, position: "top", align: "end", labels: { color: colour("soft"), boxWidth: 10, boxHeight: 10 },
  });

  function draw(canvas) {
    const told = read(canvas);
    const isOne = told.columns.length === 1;
    const axis = { stacked: true, grid: { color: colour("line") }, border: { display: false }, ticks: { color: colour("soft") } };
    const label = ({ dataset, dataIndex }) => (isOne ? "" : `${dataset.label}: `) + dataset.texts[dataIndex];
    return new window.Chart(canvas, {
      type: "bar",
      data: { labels: told.labels, datasets: series(told) },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: legend(isOne), tooltip: { displayColors: !isOne, mode: "index", callbacks: { label } } },
        scales: {
          x: { ...axis, grid: { display: false }, ticks: { ...axis.ticks, ...(isOne ? {} : { maxTicksLimit: 13, maxRotation: 0 }) } },
          y: { ...axis, beginAtZero: true, ticks: { ...axis.ticks, maxTicksLimit: 5, precision: 0 } },
        },
      },
    });
  }

  function bringUpToDate(chart) {
    const told = read(chart.canvas);
    chart.data.labels = told.labels;
    chart.data.datasets = series(told);
    chart.update();
  }

  const canvases = [...document.querySelectorAll("canvas[data-chart]")];
  let charts = canvases.map(draw);
  document.addEventListener("htmx:afterSettle", () => charts.forEach(bringUpToDate));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    charts.forEach((chart) => chart.destroy());
    charts = canvases.map(draw);
  });
})();
