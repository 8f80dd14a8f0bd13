'use strict';
// Times are written in UTC; a button shows them in the reader's own zone. On narrow pages the facets are folded.

const zone = document.getElementById('zone');
const times = [...document.querySelectorAll('time[datetime]')];
const written = new Map(times.map(time => [time, time.textContent]));
const own = new Intl.DateTimeFormat(undefined, { timeZoneName: 'short' }).formatToParts(new Date()).find(part => part.type === 'timeZoneName').value;
let isOwn = false;
try { isOwn = localStorage.getItem('zone') === 'own'; } catch { /* storage is closed to this page */ }

const two = n => String(n).padStart(2, '0');
function inOwnZone(time) {
  const when = new Date(time.dateTime);
  const fraction = time.hasAttribute('data-precise') ? '.' + String(when.getMilliseconds()).padStart(3, '0') : '';
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())} ${two(when.getHours())}:${two(when.getMinutes())}:${two(when.getSeconds())}${fraction} ${own}`;
}

function showTimes() {
  for (const time of times) {
    time.textContent = isOwn ? inOwnZone(time) : written.get(time);
    time.title = isOwn ? written.get(time) : inOwnZone(time);
  }
  zone.textContent = isOwn ? own : 'UTC';
  zone.setAttribute('aria-label', isOwn ? 'Show times in UTC' : 'Show times in your own zone');
}

zone.hidden = own === 'UTC';
zone.addEventListener('click', () => {
  isOwn = !isOwn;
  try { localStorage.setItem('zone', isOwn ? 'own' : 'utc'); } catch { /* it lasts as long as the page, then */ }
  showTimes();
});
showTimes();

const facets = document.querySelector('.facets > details');
if (facets && matchMedia('(max-width: 60rem)').matches) facets.open = false;
