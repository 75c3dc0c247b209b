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

  function draw(canvas) {
    const rows = [...document.getElementById(canvas.dataset.chart).tBodies[0].rows];
    const labels = rows.map((row) => row.cells[0].textContent.trim());
    const values = rows.map((row) => Number(row.cells[1].dataset.value));
    const texts = rows.map((row) => row.cells[1].textContent.trim());
    const axis = { grid: { color: colour("line") }, border: { display: false }, ticks: { color: colour("soft") } };
    return new window.Chart(canvas, {
      type: "bar",
      data: { labels, datasets: [{ data: values, backgroundColor: colour("accent"), borderRadius: 4, maxBarThickness: 36 }] },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: {
          legend: { display: false },
          tooltip: { displayColors: false, callbacks: { label: (item) => texts[item.dataIndex] } },
        },
        scales: {
          x: { ...axis, grid: { display: false } },
          y: { ...axis, beginAtZero: true, ticks: { ...axis.ticks, maxTicksLimit: 5, precision: 0 } },
        },
      },
    });
  }

  const canvases = [...document.querySelectorAll("canvas[data-chart]")];
  let charts = canvases.map(draw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    charts.forEach((chart) => chart.destroy());
    charts = canvases.map(draw);
  });
})();
