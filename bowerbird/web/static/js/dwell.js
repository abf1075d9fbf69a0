// How long each post of For You is at least half in sight, while its tab is. Loaded only where its reader lets the feed learn.
import { csrf } from './requests.js';

const SECONDS_MIN = 1;
const SECONDS_MAX = 300;
const EVERY_MS = 5_000;
const AT_ONCE_MAX = 40;
const since = new Map(); // post: when it came into sight, of those that are
const spent = new Map(); // post: seconds, until it has left sight
const inSight = new Set();
const watched = new WeakSet();

function stop(id) {
  if (!since.has(id)) return;
  spent.set(id, (spent.get(id) ?? 0) + (performance.now() - since.get(id)) / 1000);
  since.delete(id);
}

// A post taller than the window can never be half in sight: half a window full of it counts as well.
const watch = new IntersectionObserver((entries) => {
  for (const { target, intersectionRatio, intersectionRect, rootBounds } of entries) {
    const id = target.dataset.card;
    const seen = intersectionRatio >= 0.5 || intersectionRect.height >= (rootBounds?.height ?? innerHeight) / 2;
    if (seen) inSight.add(id); else inSight.delete(id);
    if (!seen) stop(id);
    else if (!document.hidden && !since.has(id)) since.set(id, performance.now());
  }
}, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1] });

function look(root = document) {
  for (const post of root.querySelectorAll('[data-dwell] [data-card]')) {
    if (!watched.has(post)) { watched.add(post); watch.observe(post); }
  }
}

// A post is told of once it has left: a second look is told of as another.
function tell(leaving) {
  const done = [...spent].filter(([id, seconds]) => seconds >= SECONDS_MIN && (leaving || !inSight.has(id))).slice(0, AT_ONCE_MAX);
  if (!done.length) return;
  const seconds = Object.fromEntries(done.map(([id, long]) => [id, Math.round(Math.min(long, SECONDS_MAX) * 10) / 10]));
  for (const [id] of done) spent.delete(id);
  fetch('/for-you/dwells', {
    method: 'POST', credentials: 'same-origin', keepalive: true, body: JSON.stringify({ seconds }),
    headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf() },
  }).catch(() => {}); // what is lost is only not learned
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) { for (const id of inSight) since.set(id, performance.now()); return; }
  for (const id of [...since.keys()]) stop(id);
  tell(true);
});
window.addEventListener('pagehide', () => { for (const id of [...since.keys()]) stop(id); tell(true); });
document.addEventListener('htmx:load', () => look());
setInterval(tell, EVERY_MS, false);
look();
