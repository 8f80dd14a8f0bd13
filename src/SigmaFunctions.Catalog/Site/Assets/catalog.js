'use strict';
// What every page does: the choice of colours, the key that leads to the search, folded parts on paper, the matrix by telemetry.

const system = matchMedia('(prefers-color-scheme: dark)');
const button = document.getElementById('theme');
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark';

function showTheme() {
  button.textContent = isDark() ? 'Light' : 'Dark';
  button.setAttribute('aria-label', `Switch to ${isDark() ? 'light' : 'dark'} colours`);
}

button.hidden = false;
button.addEventListener('click', () => {
  const theme = isDark() ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  try { localStorage.setItem('theme', theme); } catch { /* it lasts as long as the page, then */ }
  showTheme();
});
system.addEventListener('change', showTheme);
showTheme();

addEventListener('keydown', event => {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea')) return;
  const input = document.querySelector('main input[type=search], header input[type=search]');
  if (input) {
    event.preventDefault();
    input.focus();
    input.select();
  }
});

// Only what is open gets onto paper.
let opened = [];
addEventListener('beforeprint', () => {
  opened = [...document.querySelectorAll('details:not([open]):not(.corpus)')];
  for (const details of opened) details.open = true;
});
addEventListener('afterprint', () => { for (const details of opened) details.open = false; });

for (const block of document.querySelectorAll('#body .code, .copyable')) {
  if (!navigator.clipboard) break;
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.className = 'copy';
  copy.textContent = 'Copy';
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(block.querySelector('code').textContent);
      copy.textContent = 'Copied';
    } catch { copy.textContent = 'Not allowed'; }
    setTimeout(() => { copy.textContent = 'Copy'; }, 1500);
  });
  block.append(copy);
}

const seen = document.getElementById('seen');
if (seen) {
  seen.hidden = false;
  const shade = n => n === 0 ? 0 : n === 1 ? 1 : n <= 5 ? 2 : n <= 15 ? 3 : n <= 50 ? 4 : 5;
  seen.querySelector('select').addEventListener('change', event => {
    for (const cell of document.querySelectorAll('[data-counts]')) {
      const count = Number(cell.dataset.counts.split(',')[event.target.value]);
      cell.className = `c${shade(count)}`;
      cell.querySelector('b').textContent = count;
    }
  });
}
