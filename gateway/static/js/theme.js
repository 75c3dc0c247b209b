// Follows the system's light or dark choice, before the first paint. Without JavaScript theme.css
// does the same through light-dark(); the attribute serves the parts of Bootstrap that read it.
(() => {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  follow();
  dark.addEventListener("change", follow);
})();
