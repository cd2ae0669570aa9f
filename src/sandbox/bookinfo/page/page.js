const everyMs = 1000;
const bar = document.getElementById('answers-bar');
const legend = document.getElementById('answers-legend');
const of = document.getElementById('answers-of');

function colorOf({ by, isFailure }) {
  if (isFailure) return 'by-failure';
  return ['v1', 'v2', 'v3'].includes(by) ? `by-${by}` : 'by-other';
}

function segment(answer, total) {
  const part = document.createElement('span');
  part.className = colorOf(answer);
  part.style.width = `${(100 * answer.count) / total}%`;
  return part;
}

function entry(answer) {
  const item = document.createElement('li');
  const swatch = document.createElement('i');
  swatch.className = colorOf(answer);
  item.append(swatch, `${answer.by}: ${answer.count}`);
  return item;
}

function show(counts) {
  of.textContent = String(counts.of === 0 ? 100 : counts.of);
  if (counts.of === 0) return;
  bar.setAttribute('aria-label', counts.answers.map(({ by, count }) => `${by}: ${count}`).join(', '));
  const parts = [...bar.children];
  const isSame =
    parts.length === counts.answers.length && counts.answers.every((each, at) => parts[at].className === colorOf(each));
  if (isSame) {
    for (const [at, { count }] of counts.answers.entries()) parts[at].style.width = `${(100 * count) / counts.of}%`;
  } else bar.replaceChildren(...counts.answers.map((each) => segment(each, counts.of)));
  legend.replaceChildren(...counts.answers.map(entry));
}

async function refresh() {
  try {
    if (!document.hidden) show(await (await fetch('/answers')).json());
  } catch {
    legend.textContent = 'Bookinfo does not answer.';
  } finally {
    setTimeout(refresh, everyMs);
  }
}

void refresh();
