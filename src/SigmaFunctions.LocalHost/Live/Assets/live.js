'use strict';
// Detections arrive as server-sent events. All that they hold is put into the page as text.

const Kept = 1000;
const DrawnAtOnce = 250;
const Precise = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' };
const Levels = ['informational', 'low', 'medium', 'high', 'critical'];
const $ = id => document.getElementById(id);
const list = $('list');
const hidden = new Set();
const counts = new Map();
let waiting = [];
let words = [];
let isPaused = false;
let frame = 0;
let shown = 0;
let backlog = 0;
let last = 0;
let held = 0;

// What does not show, or turns the direction of what does, is shown by its number.
const visible = text => text.replace(/\r\n/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g,
  c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = visible(text);
  return made;
}

const rankOf = name => Levels.indexOf(name?.toLowerCase());

function level(name) {
  const rank = rankOf(name);
  return element('span', `level l${rank < 0 ? 'n' : rank}`, name ?? 'none');
}

function item(detection) {
  const li = element('li');
  const when = detection.time ? new Date(detection.time) : null;
  const at = element('time', 'at', when ? when.toLocaleTimeString([], { hour12: false }) : '–');
  if (when) {
    at.dateTime = detection.time;
    at.title = `Event of ${when.toLocaleString()}`;
    if (when.toDateString() !== new Date().toDateString()) at.append(element('span', 'day', when.toLocaleDateString([], { day: 'numeric', month: 'short', year: 'numeric' })));
  }
  const head = element('div', 'head');
  const title = element('a', 'title', detection.title);
  title.href = detection.page;
  head.append(title);
  const event = element('a', 'event', 'Event');
  event.href = `d/${encodeURIComponent(detection.id)}`;
  head.append(event);
  const correlation = detection.correlation;
  // Host and user are of one of its events.
  if (correlation) head.append(element('span', 'who', correlation.value));
  if (!correlation && detection.host) head.append(element('span', 'who', detection.host));
  if (!correlation && detection.user) head.append(element('span', 'who', detection.user));
  const why = element('dl', 'why');
  for (const [field, value] of correlation?.group ?? []) why.append(element('dt', '', field), element('dd', '', value));
  for (const [field, value] of detection.fields) why.append(element('dt', '', field || 'keyword'), element('dd', '', value));
  if (detection.more) why.append(element('dt', '', `and ${detection.more} more`), element('dd', '', ''));
  const details = element('details');
  details.append(element('summary', '', 'Record and alert'));
  details.addEventListener('toggle', () => {
    li.classList.toggle('open', details.open);
    if (details.open && details.children.length === 1) show(details, detection.id);
  });
  li.append(at, level(detection.level), head);
  if (why.children.length) li.append(why);
  if (correlation?.events.length) li.append(timeline(correlation));
  li.append(details);
  li.dataset.level = Levels[rankOf(detection.level)] ?? 'none';
  li.dataset.text = [detection.title, detection.host, detection.user, ...detection.fields.flat(),
    ...correlation ? [correlation.value, ...correlation.group.flat(), ...correlation.events.flat()] : []].join('\n').toLowerCase();
  return li;
}

// In order of time. What came on another day than the first has its date.
function timeline(correlation) {
  const events = element('ol', 'events');
  let day = '';
  for (const [time, rule, host, user] of correlation.events) {
    const when = new Date(time);
    const at = element('time', '', when.toLocaleTimeString([], Precise));
    at.dateTime = time;
    const isSame = when.toDateString() === (day || when.toDateString());
    day ||= when.toDateString();
    const one = element('li');
    one.append(at);
    if (!isSame) one.append(element('span', '', when.toLocaleDateString([], { day: 'numeric', month: 'short' })));
    for (const text of [rule, host, user]) if (text) one.append(element('span', '', text));
    events.append(one);
  }
  if (correlation.moreEvents) events.append(element('li', 'more', `and ${correlation.moreEvents.toLocaleString()} more`));
  return events;
}

async function show(details, id) {
  const content = element('div');
  content.append(element('p', 'none', 'Reading…'));
  details.append(content);
  try {
    const answer = await fetch(`detection?id=${encodeURIComponent(id)}`);
    if (!answer.ok) throw new Error(await answer.text());
    const whole = await answer.json();
    const events = whole.events ? [element('h3', '', 'Events'), timeline(whole)] : [];
    content.replaceChildren(...events,
      element('h3', '', whole.cut ? 'Record as it came (cut)' : 'Record as it came'), block(whole.original, 'Record'),
      element('h3', '', 'Alert on the queue'), block(whole.alert, 'Alert'));
  } catch (error) {
    details.addEventListener('toggle', () => content.remove(), { once: true });
    content.replaceChildren(element('p', 'none', error.message));
  }
}

function block(text, name) {
  const pre = element('pre', '', text);
  pre.tabIndex = 0;
  pre.setAttribute('role', 'region');
  pre.setAttribute('aria-label', name);
  return pre;
}

function wanted(li) {
  return !hidden.has(li.dataset.level) && words.every(word => li.dataset.text.includes(word));
}

function filter() {
  words = $('query').value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = 0;
  for (const li of list.children) {
    li.hidden = !wanted(li);
    if (!li.hidden) shown++;
  }
  tell();
}

function tell() {
  const all = list.children.length;
  const isFiltered = hidden.size > 0 || words.length > 0;
  const elsewhere = last - all - waiting.length;
  $('empty').hidden = last > 0;
  $('status').hidden = $('tools').hidden = last === 0;
  $('shown').textContent = (isFiltered ? `${shown.toLocaleString()} of ${all.toLocaleString()} shown` : `${all.toLocaleString()} shown, newest first`)
    + (elsewhere > 0 ? `; ${elsewhere.toLocaleString()} more are in the table only` : '');
  $('clear').hidden = !isFiltered;
  $('pause').textContent = !isPaused ? 'Pause' : held ? `Resume (${held.toLocaleString()})` : 'Resume';
}

// A burst is drawn in parts, between which the page answers.
function draw() {
  frame = 0;
  if (!isPaused && waiting.length) {
    const fresh = document.createDocumentFragment();
    for (const { detection, number } of waiting.splice(0, DrawnAtOnce)) {
      const li = item(detection);
      li.hidden = !wanted(li);
      if (!li.hidden) shown++;
      if (number > backlog) li.className = 'new';
      fresh.prepend(li);
    }
    list.prepend(fresh);
    while (list.children.length > Kept) {
      if (!list.lastElementChild.hidden) shown--;
      list.lastElementChild.remove();
    }
    if (waiting.length) soon();
  }
  tell();
}

function soon() {
  frame ||= requestAnimationFrame(draw);
}

function state(text, className) {
  $('state').textContent = text;
  $('state').className = `state ${className}`;
}

const live = () => isPaused ? state('Paused', 'held') : state('Live', 'on');

function levels(found) {
  for (const name of ['none', ...Levels].reverse()) {
    const count = found[name] ?? 0;
    if (!counts.has(name)) {
      const button = element('button');
      button.type = 'button';
      button.setAttribute('aria-pressed', 'true');
      const number = element('b', '', '0');
      button.append(level(name === 'none' ? null : name), number);
      button.addEventListener('click', () => {
        if (!hidden.delete(name)) hidden.add(name);
        button.setAttribute('aria-pressed', String(!hidden.has(name)));
        filter();
      });
      $('levels').append(button);
      counts.set(name, { button, number });
    }
    const { button, number } = counts.get(name);
    number.textContent = count.toLocaleString();
    button.hidden = name === 'none' && count === 0;
  }
}

levels({});
$('query').addEventListener('input', filter);
$('clear').addEventListener('click', () => {
  $('query').value = '';
  hidden.clear();
  for (const { button } of counts.values()) button.setAttribute('aria-pressed', 'true');
  filter();
  $('query').focus();
});
$('pause').addEventListener('click', () => {
  isPaused = !isPaused;
  held = 0;
  $('pause').setAttribute('aria-pressed', String(isPaused));
  live();
  draw();
});

const source = new EventSource('events');
source.onopen = live;
source.onerror = () => state(source.readyState === EventSource.CLOSED ? 'Not connected: reload to try again' : 'LocalHost has ended or is out of reach; trying again…', 'off');
source.onmessage = event => {
  last = Number(event.lastEventId.split('-')[1]);
  waiting.push({ detection: JSON.parse(event.data), number: last });
  if (waiting.length > Kept) waiting.shift();
  if (isPaused) held++;
  soon();
};
// What landed before the page was opened is not new to it.
source.addEventListener('reset', event => {
  backlog = Number(event.data);
  waiting = [];
  last = shown = held = 0;
  list.replaceChildren();
  soon();
});
function unseen(kinds) {
  const box = $('unseen');
  box.hidden = kinds.length === 0;
  const events = kinds.reduce((sum, kind) => sum + kind.events, 0);
  box.querySelector('summary').textContent = `${events.toLocaleString()} of these events no rule can see`;
  box.querySelector('ul').replaceChildren(...kinds.map(kind => {
    const item = document.createElement('li');
    item.textContent = `${kind.events.toLocaleString()} ${kind.description}`;
    return item;
  }));
}
source.addEventListener('counters', event => {
  const now = JSON.parse(event.data);
  for (const name of ['events', 'batches', 'detections']) $(name).textContent = now[name].toLocaleString();
  levels(now.levels);
  unseen(now.unseen);
  if (now.eventHubs) $('send').textContent = `dotnet run --project src/SigmaFunctions.Cli -- send events.ndjson --connection '${now.eventHubs}'`;
});
