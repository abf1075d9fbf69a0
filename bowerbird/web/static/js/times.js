// Times grow old while a page is open, and the server does not know the reader's clock.
const STEPS_S = [[60, 0, 'now'], [3_600, 60, 'min'], [86_400, 3_600, 'h'], [604_800, 86_400, 'd']];

function ago(moment) {
  const passed_s = (Date.now() - moment) / 1000;
  const step = STEPS_S.find(([below]) => passed_s < below);
  if (!step) return null;
  return step[1] ? `${Math.floor(passed_s / step[1])} ${step[2]}` : step[2];
}

function refresh(root = document) {
  for (const time of root.querySelectorAll('time[data-ago], time[data-local]')) {
    const moment = new Date(time.dateTime);
    const full = moment.toLocaleString(undefined, { dateStyle: 'long', timeStyle: 'short' });
    if ('local' in time.dataset) { time.textContent = full; continue; }
    time.title = full;
    const said = ago(moment);
    if (said && time.textContent !== said) time.textContent = said;
  }
}

refresh();
setInterval(refresh, 30_000);
document.addEventListener('htmx:load', (event) => refresh(event.target));
