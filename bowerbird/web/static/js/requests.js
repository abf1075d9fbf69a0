// What every request carries, and what is said when one fails.
import { toast } from './toast.js';

export const csrf = () => document.querySelector('meta[name="csrf"]').content;

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRF-Token'] = csrf();
});

export async function send(url, body) {
  const answer = await fetch(url, {
    method: 'POST', credentials: 'same-origin', body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRF-Token': csrf() },
  });
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(told.message || told.detail || told.error || `The server answered ${answer.status}.`);
  return told;
}

export function reason(event) {
  const status = event.detail.xhr?.status;
  if (!status) return navigator.onLine ? 'The server did not answer.' : 'You seem to be offline.';
  if (status === 401) return 'Sign in first.';
  const told = event.detail.xhr.getResponseHeader('X-Told');
  if (told && status < 500) return decodeURIComponent(told);
  if (status === 429) return 'That was quick. Wait a moment.';
  return status >= 500 ? 'Something broke on our side.' : 'That was not possible.';
}

for (const name of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(name, (event) => {
    if (!event.detail.elt?.dataset?.toggle) toast(reason(event));
  });
}
