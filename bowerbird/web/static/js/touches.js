// Small touches that any page may ask for by attribute.
import { toast } from './toast.js';

const WAIT_MS = 8_000;

function copy(link) {
  navigator.clipboard.writeText(link.href).then(() => toast('Link copied.'), () => toast('The browser did not allow copying.'));
}

function reveal(button) {
  const field = document.getElementById(button.dataset.reveal);
  const shown = field.type === 'password';
  field.type = shown ? 'text' : 'password';
  button.setAttribute('aria-pressed', shown);
}

document.addEventListener('click', (event) => {
  const on = (name) => event.target.closest(`[data-${name}]`);
  const opener = on('open');
  if (opener) document.getElementById(opener.dataset.open).showModal();
  if (on('close') || event.target.matches('dialog')) event.target.closest('dialog')?.close();
  if (on('copy')) { event.preventDefault(); copy(on('copy')); }
  if (on('reveal')) reveal(on('reveal'));
  const menu = event.target.closest('.menu a, .menu button');
  if (menu) menu.closest('[popover]').hidePopover();
});

// Where the settings' ways lie side by side, the one that is open is in sight.
const open = document.querySelector('.settings-nav [aria-current]')?.closest('li');
if (open) open.parentElement.scrollLeft = open.offsetLeft - open.parentElement.offsetLeft - 48;

// Slow forms are sent once; a page that comes back from the cache is free again.
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('[data-submit-once], [data-write]') || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = '1';
  form.querySelector('.primary')?.setAttribute('aria-busy', 'true');
  setTimeout(() => free(form), WAIT_MS);
});

function free(form) {
  delete form.dataset.sent;
  form.querySelector('.primary')?.removeAttribute('aria-busy');
}
window.addEventListener('pageshow', () => document.querySelectorAll('[data-sent]').forEach(free));

document.addEventListener('change', (event) => {
  const { preview } = event.target.dataset;
  if (!preview || !event.target.files?.[0]) return;
  const image = Object.assign(new Image(), { alt: '', src: URL.createObjectURL(event.target.files[0]) });
  document.querySelector(preview).replaceChildren(image);
});
