// Small improvements over pages that already work without this file.
(() => {
  "use strict";

  const announce = (text) => {
    const region = document.getElementById("announcements");
    if (region) region.textContent = text;
  };

  async function copyField(button) {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      // Without permission (or without TLS) the older command still copies what is selected.
      document.execCommand("copy");
    }
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    label.textContent = "Copied";
    announce("Copied");
    window.setTimeout(() => { label.textContent = before; }, 2000);
  }

  // Good news leaves by itself, unless somebody is reading it; bad news waits to be closed.
  function floatToast(toast) {
    toast.classList.add("toast-floating");
    if (toast.dataset.kind !== "success") return;
    let timer;
    const start = () => { timer = window.setTimeout(() => toast.remove(), 8000); };
    const stop = () => window.clearTimeout(timer);
    toast.addEventListener("mouseenter", stop);
    toast.addEventListener("mouseleave", start);
    toast.addEventListener("focusin", stop);
    toast.addEventListener("focusout", start);
    start();
  }

  // The sign-up form says in which zone the browser lives; without this file it says UTC.
  function fillTimeZone(field) {
    field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || field.value;
  }

  // A paid invoice needs no more waiting: the fragment names the page to go on to.
  function goOn(root) {
    const next = root.querySelector("[data-go-to]");
    if (next) window.location.assign(next.dataset.goTo);
  }

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) copyField(copy);
    const close = event.target.closest("[data-close]");
    if (close) close.closest(".toast-note").remove();
  });

  // A second press would send the form again; the button wakes when the page is shown anew.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!button || event.defaultPrevented || event.target.method === "dialog") return;
    window.setTimeout(() => { button.disabled = true; }, 0);
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("button[type=submit]:disabled").forEach((button) => {
      button.disabled = false;
    });
  });

  document.addEventListener("htmx:afterSwap", () => goOn(document));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const answered = new URL(event.detail.xhr.responseURL, window.location.href);
    if (answered.pathname === window.location.pathname) return;
    event.detail.shouldSwap = false;
    window.location.assign(answered.href);
  });

  document.querySelectorAll(".toast-note").forEach(floatToast);
  document.querySelectorAll("[data-time-zone]").forEach(fillTimeZone);
  document.querySelector("[data-error-summary]")?.focus();
  goOn(document);
})();
