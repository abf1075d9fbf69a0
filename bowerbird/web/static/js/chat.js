// The chat's small hands: keys, following the newest words, commands, pictures before they are sent, copying. Sending and streaming are htmx's.
import { toast } from './toast.js';

const PICTURES_MAX = 4;
const NEAR_PX = 120;
const TOLD_MAX = 400;
const form = document.getElementById('ask');
const box = form?.querySelector('textarea');
const slash = document.getElementById('slash');
const told = document.getElementById('told');
const log = () => document.getElementById('log');

// ---------- Following what is written, unless the reader has gone up ----------
const scroller = () => (getComputedStyle(log()).overflowY === 'auto' ? log() : document.scrollingElement);
let following = true;
document.addEventListener('scroll', () => {
  const one = scroller();
  following = one.scrollHeight - one.scrollTop - one.clientHeight < NEAR_PX;
}, { capture: true, passive: true });
function follow() {
  if (following && log().querySelector('[data-answer]')) scroller().scrollTop = scroller().scrollHeight;
}
document.addEventListener('load', (event) => { if (log().contains(event.target)) follow(); }, true);

// ---------- Said to those who listen: that it begins, and what it came to. Not every word ----------
const last = () => [...document.querySelectorAll('[data-answer]')].at(-1);
let busy = last()?.getAttribute('aria-busy') === 'true';
function tell() {
  const now = last()?.getAttribute('aria-busy') === 'true';
  if (told && now !== busy) told.textContent = now ? 'Bower is writing' : `Bower: ${(last()?.querySelector('.words')?.innerText ?? '').slice(0, TOLD_MAX)}`;
  busy = now;
}
document.addEventListener('htmx:afterSettle', () => { tell(); follow(); });
document.addEventListener('htmx:sseMessage', follow);
follow();

// ---------- Sending ----------
// What asked may be gone when the answer comes, and with it what it wanted of the page.
document.addEventListener('htmx:beforeSwap', (event) => {
  if (event.detail.target.id === 'log') event.detail.selectOverride = '#log';
});
document.addEventListener('htmx:afterRequest', (event) => {
  if (event.detail.requestConfig?.elt !== form || !event.detail.successful) return;
  form.reset();
  show([]);
  following = true;
  box.focus();
});

function editLast() {
  const edit = [...document.querySelectorAll('.reword')].at(-1);
  if (!edit) return;
  edit.open = true;
  const field = edit.querySelector('textarea');
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('[popover], dialog')) return;
  if (event.target === box && choosing(event)) return;
  const field = event.target.closest?.('[data-chat] textarea');
  if (event.key === 'Escape') {
    const edit = event.target.closest?.('.reword[open]');
    if (edit) { edit.open = false; box?.focus(); } else document.querySelector('[data-stop]')?.click();
  } else if (event.key === 'Enter' && field && !event.shiftKey) {
    event.preventDefault();
    if (field.value.trim() || field.form.elements.pictures?.files.length) field.form.requestSubmit();
  } else if (event.key === 'ArrowUp' && field === box && !box.value) {
    event.preventDefault();
    editLast();
  }
});
form?.addEventListener('submit', (event) => {
  if (box.value.trim() || form.elements.pictures.files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  box.focus();
}, true);

// ---------- Commands ----------
const options = () => [...(slash?.children ?? [])].filter((one) => !one.hidden);
const chosen = () => options().find((one) => one.getAttribute('aria-selected') === 'true');
function select(option) {
  options().forEach((one) => one.setAttribute('aria-selected', one === option));
  if (option) box.setAttribute('aria-activedescendant', option.id); else box.removeAttribute('aria-activedescendant');
  option?.scrollIntoView({ block: 'nearest' });
}
function hint() {
  const begun = /^\/\w*$/.test(box.value);
  for (const one of slash.children) one.hidden = !one.dataset.word.startsWith(box.value);
  slash.hidden = !begun || !options().length || box.value.trim() === options()[0]?.dataset.word.trim();
  select(slash.hidden ? null : options()[0]);
}
function take(option) {
  box.value = option.dataset.word;
  slash.hidden = true;
  select(null);
  box.focus();
}
function choosing(event) {
  if (!slash || slash.hidden) return false;
  const all = options();
  const at = all.indexOf(chosen());
  if (event.key === 'ArrowDown' || event.key === 'ArrowUp') select(all[(at + (event.key === 'ArrowDown' ? 1 : all.length - 1)) % all.length]);
  else if (event.key === 'Tab' || event.key === 'Enter') take(chosen() ?? all[0]);
  else if (event.key === 'Escape') slash.hidden = true;
  else return false;
  event.preventDefault();
  return true;
}
box?.addEventListener('input', hint);
slash?.addEventListener('mousedown', (event) => { event.preventDefault(); const one = event.target.closest('li'); if (one) take(one); });
if (box?.value) { box.focus(); box.setSelectionRange(box.value.length, box.value.length); }

// ---------- Pictures ----------
function show(files) {
  const brought = form.querySelector('.brought');
  const list = new DataTransfer();
  files.forEach((file) => list.items.add(file));
  form.elements.pictures.files = list.files;
  brought.hidden = !files.length;
  brought.querySelector('ol').replaceChildren(...files.map((file, place) => {
    const button = Object.assign(document.createElement('button'), { type: 'button', textContent: '×' });
    button.setAttribute('aria-label', `Leave out ${file.name}`);
    button.addEventListener('click', () => show(files.filter((_, other) => other !== place)));
    const row = document.createElement('li');
    row.append(Object.assign(new Image(), { src: URL.createObjectURL(file), alt: file.name, width: 64, height: 64 }), button);
    return row;
  }));
}
let kept = [];
function add(incoming) {
  const pictures = [...incoming].filter((file) => file.type.startsWith('image/'));
  if (kept.length + pictures.length > PICTURES_MAX) toast('Four pictures at most.');
  if (pictures.length) show([...kept, ...pictures].slice(0, PICTURES_MAX));
}
form?.addEventListener('click', () => { kept = [...form.elements.pictures.files]; });
form?.elements.pictures.addEventListener('change', () => add(form.elements.pictures.files));
form?.addEventListener('paste', (event) => { kept = [...form.elements.pictures.files]; if (event.clipboardData.files.length) add(event.clipboardData.files); });

document.addEventListener('click', (event) => {
  const example = event.target.closest('[data-example]');
  if (example && box) { event.preventDefault(); box.value = example.dataset.example; box.focus(); }
  const copy = event.target.closest('[data-copy-words]');
  if (copy) {
    const words = copy.closest('[data-answer]').querySelector('.words').innerText.trim();
    navigator.clipboard.writeText(words).then(() => toast('Copied.'), () => toast('The browser did not allow copying.'));
  }
});
