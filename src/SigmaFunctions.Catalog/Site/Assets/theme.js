// Runs before the page is shown, so that it does not flash in the other colours.
(() => {
  let theme = null;
  try { theme = localStorage.getItem('theme'); } catch { /* storage is closed to this page */ }
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
})();
