// How long a challenge still runs, counted on while the page stands.
const MINUTE = 60, HOUR = 3600, DAY = 86400;

function said(seconds) {
  if (seconds < MINUTE) return 'soon over';
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min left`;
  return seconds < 2 * DAY ? `${Math.floor(seconds / HOUR)} h left` : `${Math.floor(seconds / DAY)} d left`;
}

const tick = () => document.querySelectorAll('[data-left]').forEach((one) => {
  if (one.dataset.left) one.textContent = said((new Date(one.dataset.left) - Date.now()) / 1000);
});

setInterval(tick, 20_000);
