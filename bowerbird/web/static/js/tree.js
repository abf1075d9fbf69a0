// Arrows walk the remix tree: up to the parent, down to the first remix, left and right among those beside. Enter opens, as any link.
const family = () => document.getElementById('family');
const nodeOf = (item) => item?.querySelector(':scope > .node [data-node]');
const drawn = () => getComputedStyle(family().querySelector('.node')).position === 'absolute';

function beside(item, by) {
  const next = by > 0 ? item.nextElementSibling : item.previousElementSibling;
  if (next || !drawn()) return next;
  // the next cousin in the same row of the drawing
  const row = item.querySelector(':scope > .node').style.getPropertyValue('--y');
  const all = [...family().querySelectorAll('.node')].filter((node) => node.style.getPropertyValue('--y') === row).map((node) => node.parentElement);
  return all[all.indexOf(item) + by];
}

const STEPS = {
  ArrowUp: (item) => item.parentElement.closest('li'),
  ArrowDown: (item) => item.querySelector(':scope > ul > li'),
  ArrowLeft: (item) => beside(item, -1),
  ArrowRight: (item) => beside(item, 1),
  Home: () => family().querySelector('.root > li'),
};

document.addEventListener('keydown', (event) => {
  const item = event.target.closest?.('#family li');
  if (event.ctrlKey || event.metaKey || event.altKey || !STEPS[event.key]) return;
  if (!item && event.target !== family()?.querySelector('.grounds')) return;
  const to = nodeOf(item ? STEPS[event.key](item) : document.getElementById('here')?.closest('li'));
  if (!to) return;
  event.preventDefault();
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: 'nearest', inline: 'center', behavior: 'smooth' });
});

// Begin where the picture stands.
const here = document.getElementById('here');
const grounds = family()?.querySelector('.grounds');
if (here && grounds && drawn()) grounds.scrollLeft = here.getBoundingClientRect().left - grounds.getBoundingClientRect().left + grounds.scrollLeft - grounds.clientWidth / 2 + here.clientWidth / 2;
