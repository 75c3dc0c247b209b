// Keeps the live part of a page up to date. htmx asks for the page again every two seconds, and
// idiomorph changes only what differs in it, so that focus, scrolling and open dialogs stay.
(() => {
  "use strict";
  const region = document.getElementById("live");
  const mark = document.querySelector("[data-live-mark]");
  if (!region || !mark) return;

  const WORDS = { live: "Live updates", paused: "Updates paused", stale: "No answer, trying again" };
  const OPEN = CSS.supports("selector(:popover-open)") ? "dialog[open], :popover-open" : "dialog[open]";
  const isOpen = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches(OPEN);
  const holdsOpen = (node) => isOpen(node) || Boolean(node.querySelector?.(OPEN));

  // What a person opened stays as it is until they close it.
  Object.assign(window.Idiomorph.defaults.callbacks, {
    beforeNodeMorphed: (node) => !isOpen(node),
    beforeNodeRemoved: (node) => !holdsOpen(node),
    beforeAttributeUpdated: (name, node) => !(name === "open" && node.nodeName === "DETAILS"),
  });

  const show = (state) => {
    if (mark.dataset.liveMark === state) return;
    mark.dataset.liveMark = state;
    mark.setAttribute("aria-pressed", String(state !== "paused"));
    mark.querySelector("[data-live-word]").textContent = WORDS[state];
  };
  const isPaused = () => mark.dataset.liveMark === "paused";
  const isBeingSelected = () => {
    const selection = document.getSelection();
    return !selection.isCollapsed && region.contains(selection.anchorNode);
  };

  const refresh = () => window.htmx.trigger(region, "live-now");

  mark.hidden = false;
  mark.addEventListener("click", () => {
    show(isPaused() ? "live" : "paused");
    if (!isPaused()) refresh();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  region.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden || isPaused() || isBeingSelected()) event.preventDefault();
  });
  region.addEventListener("htmx:afterRequest", (event) => {
    if (!isPaused()) show(event.detail.successful ? "live" : "stale");
  });
})();
