// Like, boost, bookmark: the change shows at once; a failed request puts both back and offers another try.
import { toast } from './toast.js';
import { reason } from './requests.js';

const NAMES = { like: 'like', boost: 'boost', bookmark: 'bookmark' };
const isOn = (button) => button.getAttribute('aria-pressed') === 'true';

function flip(button) {
  const on = !isOn(button);
  button.setAttribute('aria-pressed', on);
  const number = button.querySelector('.num');
  if (!number || !/^\d*$/.test(number.textContent)) return; // "128 k" does not move by one
  const count = Math.max(0, Number(number.textContent) + (on ? 1 : -1));
  number.textContent = count || '';
}

// The address is decided when the request leaves, so that quick second thoughts undo the first instead of repeating it.
document.addEventListener('htmx:configRequest', (event) => {
  const button = event.detail.elt;
  const verb = button.dataset?.toggle;
  if (!verb) return;
  flip(button);
  button.dataset.flipped = '';
  event.detail.path = event.detail.path.replace(/\/(un)?(like|boost|bookmark)$/, `/${isOn(button) ? '' : 'un'}${verb}`);
});

document.addEventListener('htmx:afterRequest', (event) => {
  const button = event.detail.elt;
  if (!button.dataset || !('flipped' in button.dataset)) return;
  delete button.dataset.flipped;
  if (event.detail.successful) return;
  flip(button);
  const undone = isOn(button) ? `Couldn’t take back your ${NAMES[button.dataset.toggle]}.` : `Couldn’t save your ${NAMES[button.dataset.toggle]}.`;
  toast(`${undone} ${reason(event)}`, { text: 'Retry', run: () => button.click() });
});
