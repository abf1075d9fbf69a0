// Single keys for the feed, and for whatever says data-press="its keys". Off inside fields, and off altogether for those who say so in the dialog.
const STORED = 'bowerbird:keys';
const dialog = document.getElementById('keys');
const allowed = document.getElementById('keys-on');
const TOP_PX = 96;

allowed.checked = localStorage.getItem(STORED) !== 'off';
allowed.addEventListener('change', () => localStorage.setItem(STORED, allowed.checked ? 'on' : 'off'));

const cards = () => [...document.querySelectorAll('[data-card]')].filter((card) => card.offsetParent);

function current() {
  return document.activeElement?.closest('[data-card]');
}

function step(by) {
  const all = cards();
  const at = all.indexOf(current());
  const firstBelow = all.findIndex((card) => card.getBoundingClientRect().bottom > TOP_PX);
  const next = at >= 0 ? all[at + by] : all[Math.max(0, by > 0 ? firstBelow : firstBelow - 1)];
  if (!next) return;
  const target = next.matches('[tabindex]') ? next : next.querySelector('a');
  target.focus({ preventScroll: true, focusVisible: true });
  next.scrollIntoView({ block: 'start', behavior: 'smooth' });
}

function begin() {
  const field = [...document.querySelectorAll('#new textarea, #idea, #reply textarea')].find((one) => one.offsetParent);
  if (field) { field.focus(); field.scrollIntoView({ block: 'center', behavior: 'smooth' }); } else location.assign('/#new');
}

function look() {
  const field = document.getElementById('q');
  if (field) field.focus(); else location.assign('/search');
}

const press = (selector) => (current() || document.querySelector('.lead-post'))?.querySelector(selector)?.click();

const KEYS = {
  j: () => step(1), k: () => step(-1),
  l: () => press('[data-toggle="like"]'), b: () => press('[data-toggle="boost"]'),
  r: () => press('[data-key="r"]'), o: () => press('[data-key="o"]'), x: () => press('[data-key="x"]'),
  n: begin, '/': look, g: () => window.scrollTo({ top: 0, behavior: 'smooth' }), '?': () => dialog.showModal(),
};

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.target.closest('input:not([type="radio"], [type="checkbox"]), textarea, select, [contenteditable], dialog')) return;
  const named = [...document.querySelectorAll('[data-press]')].find((one) => one.dataset.press.split(' ').includes(event.key));
  const run = named ? () => named.click() : KEYS[event.key];
  if (!run || (!allowed.checked && event.key !== '?')) return;
  event.preventDefault();
  run();
});
