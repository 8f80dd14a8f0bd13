'use strict';
// Searches the index that search-index.js holds. All that is shown is set as text, never as markup.
(() => {
  const index = window.catalogIndex;
  const levels = ['informational', 'low', 'medium', 'high', 'critical'];
  const none = { level: 'none', status: 'not stated', product: 'any product', category: 'any category', service: 'any service' };
  const name = (names, i, facet) => i < 0 ? none[facet] : names[i];

  const rules = index.rules.map(([kind, page, title, level, status, product, category, service, tactics, techniques, telemetry, source, changed, text]) => ({
    page, title, changed, text, lower: title.toLowerCase(),
    techniques: techniques.map(i => index.techniques[i]),
    kind: index.kinds[kind],
    // A filter has neither level nor status, a correlation no log source.
    values: {
      kind: [index.kinds[kind]],
      level: kind === 2 ? [] : [level < 0 ? none.level : levels[level]],
      status: kind === 2 ? [] : [name(index.statuses, status, 'status')],
      product: kind === 1 ? [] : [name(index.products, product, 'product')],
      category: kind === 1 ? [] : [name(index.categories, category, 'category')],
      service: kind === 1 ? [] : [name(index.services, service, 'service')],
      tactic: tactics.map(i => index.tactics[i]),
      telemetry: telemetry.map(i => index.telemetry[i]),
      source: [index.sources[source]],
    },
    where: kind === 1 ? 'correlation' : [index.products[product], index.categories[category], index.services[service]].filter(Boolean).join(' / '),
  }));

  const facets = [
    { key: 'kind', title: 'Kind', order: index.kinds },
    { key: 'level', title: 'Severity', order: [...levels].reverse() },
    { key: 'status', title: 'Status' },
    { key: 'product', title: 'Product', shown: 8 },
    { key: 'category', title: 'Category', shown: 8 },
    { key: 'service', title: 'Service', shown: 5 },
    { key: 'tactic', title: 'Tactic', order: index.tactics, shown: 8 },
    { key: 'telemetry', title: 'Can match on', order: index.telemetry },
    { key: 'source', title: 'Source of rules' },
  ].filter(facet => new Set(rules.flatMap(rule => rule.values[facet.key])).size > 1);

  const noun = index.kinds.filter(kind => rules.some(rule => rule.kind === kind)).map(kind => `${kind}s`).join(', ').replace(/, (?=\w+$)/, ' and ');
  const input = document.getElementById('query');
  const list = document.getElementById('list');
  const status = document.getElementById('status');
  const more = document.getElementById('more');
  const panel = document.getElementById('facets');
  const pageSize = 100;
  const chosen = Object.fromEntries(facets.map(facet => [facet.key, new Set()]));
  const unfolded = new Set();
  const folds = new Map();
  let found = [];
  let shown = 0;

  function readAddress() {
    const given = new URLSearchParams(location.hash.length > 1 ? location.hash.slice(1) : location.search);
    input.value = given.get('q') ?? '';
    for (const facet of facets) chosen[facet.key] = new Set(given.getAll(facet.key));
  }

  function writeAddress() {
    const state = new URLSearchParams();
    if (input.value.trim()) state.set('q', input.value.trim());
    for (const facet of facets) for (const value of chosen[facet.key]) state.append(facet.key, value);
    const hash = state.toString();
    try { history.replaceState(null, '', hash ? `#${hash}` : location.pathname); } catch { location.hash = hash; }
  }

  const terms = query => [...query.toLowerCase().matchAll(/"([^"]+)"?|(\S+)/g)].map(match => match[1] ?? match[2]);

  // Where a word is found decides how far up a rule stands: in the title, as a technique, elsewhere.
  function score(rule, words) {
    let total = 0;
    for (const word of words) {
      const at = rule.lower.indexOf(word);
      if (at === 0) total += 12;
      else if (at > 0) total += /\w/.test(rule.lower[at - 1]) ? 6 : 9;
      else if (rule.techniques.some(id => id.toLowerCase().startsWith(word))) total += 5;
      else if (rule.page === word) total += 20;
      else if (rule.text.includes(word)) total += 1;
      else return 0;
    }
    return total;
  }

  function search() {
    const words = terms(input.value);
    const counts = Object.fromEntries(facets.map(facet => [facet.key, new Map()]));
    found = [];
    for (const rule of rules) {
      const rank = words.length === 0 ? 1 : score(rule, words);
      if (rank === 0) continue;
      // A facet counts what would be found if nothing were chosen in it.
      const failed = facets.filter(facet => chosen[facet.key].size > 0 && !rule.values[facet.key].some(value => chosen[facet.key].has(value)));
      if (failed.length > 1) continue;
      for (const facet of failed.length === 0 ? facets : failed) {
        for (const value of rule.values[facet.key]) counts[facet.key].set(value, (counts[facet.key].get(value) ?? 0) + 1);
      }
      if (failed.length === 0) found.push({ rule, rank });
    }
    if (words.length > 0) found.sort((a, b) => b.rank - a.rank);
    showFacets(counts);
    list.replaceChildren();
    shown = 0;
    showMore();
    status.textContent = found.length === 0 ? `Nothing found among ${rules.length.toLocaleString('en')} ${noun}.` : `${found.length.toLocaleString('en')} of ${rules.length.toLocaleString('en')} ${noun}`;
  }

  function element(tag, attributes, ...content) {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...content);
    return made;
  }

  function showMore() {
    const rows = found.slice(shown, shown + pageSize).map(({ rule }) => {
      const level = rule.values.level[0];
      const css = levels.indexOf(level);
      const row = element('li', {},
        element('span', { class: `level l${css < 0 ? 'n' : css}` }, level ?? rule.kind),
        element('a', { href: `rules/${rule.page}.html` }, rule.title),
        element('span', { class: 'where' }, rule.where),
        element('span', { class: 'ids' }, rule.techniques.slice(0, 3).join(' ')),
        element('span', { class: 'when' }, rule.changed));
      return row;
    });
    list.append(...rows);
    shown += rows.length;
    more.hidden = shown >= found.length;
  }

  function showFacets(counts) {
    const focused = document.activeElement?.id;
    panel.replaceChildren(...facets.map(facet => {
      const values = [...new Set([...counts[facet.key].keys(), ...chosen[facet.key]])];
      const count = value => counts[facet.key].get(value) ?? 0;
      const order = facet.order ?? [];
      values.sort((a, b) => facet.order
        ? (order.indexOf(a) + 1 || 99) - (order.indexOf(b) + 1 || 99)
        : count(b) - count(a) || (a < b ? -1 : 1));
      const limit = unfolded.has(facet.key) ? Infinity : facet.shown ?? Infinity;
      const visible = values.filter((value, i) => i < limit || chosen[facet.key].has(value));
      const options = visible.map(value => {
        const id = `f-${facet.key}-${value}`;
        const box = element('input', { type: 'checkbox', id });
        box.checked = chosen[facet.key].has(value);
        box.addEventListener('change', () => {
          if (box.checked) chosen[facet.key].add(value);
          else chosen[facet.key].delete(value);
          update();
        });
        return element('label', {}, box, element('span', { class: 'name' }, value), element('b', {}, String(count(value))));
      });
      const open = folds.get(facet.key) ?? (innerWidth > 720 || chosen[facet.key].size > 0);
      const group = element('details', open ? { open: '' } : {}, element('summary', {}, facet.title), ...options);
      group.addEventListener('toggle', () => folds.set(facet.key, group.open));
      if (values.length > limit) {
        const all = element('button', { type: 'button', class: 'all', id: `all-${facet.key}` }, `All ${values.length}`);
        all.addEventListener('click', () => { unfolded.add(facet.key); search(); });
        group.append(all);
      }
      return group;
    }));
    if (focused && panel.querySelector(`#${CSS.escape(focused)}`)) document.getElementById(focused).focus();
  }

  function update() {
    search();
    writeAddress();
  }

  function move(step) {
    const links = [...list.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (at < 0 && step < 0) return;
    if (at + step < 0) { input.focus(); return; }
    if (at + step >= links.length && !more.hidden) { showMore(); move(step); return; }
    links[Math.min(at + step, links.length - 1)]?.focus();
  }

  input.addEventListener('input', update);
  document.getElementById('query-form').addEventListener('submit', event => {
    event.preventDefault();
    list.querySelector('a')?.click();
  });
  more.addEventListener('click', showMore);
  addEventListener('keydown', event => {
    if (event.target.closest('.facets')) return;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      move(event.key === 'ArrowDown' ? 1 : -1);
    } else if (event.key === 'Escape' && event.target !== input) input.focus();
  });
  addEventListener('hashchange', () => { readAddress(); search(); });

  document.getElementById('results').hidden = false;
  readAddress();
  search();
  if (!matchMedia('(pointer: coarse)').matches) input.focus();
})();
