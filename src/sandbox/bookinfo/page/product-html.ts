import type { Faults } from '../faults/version-faults.ts';
import { document, header, liveAnswers } from './document.ts';
import { type Html, html } from './html.ts';
import { type Answer, type Details, type Failure, product, type Reviews, type Shown, versionOf } from './product.ts';

/** The whole product page. `complaint` says why a sign-in was refused. */
export function productHtml(shown: Shown, complaint?: string): string {
  return document(
    product.title,
    html`${header(shown.faults, signIn(shown.user), complaint)}
<main>
  ${answeredBy(shown.reviews)}
  ${liveAnswers}
  <section class="book">
    <div class="cover" aria-hidden="true"><span>The Comedy</span><span>of Errors</span></div>
    <div>
      <h1>${product.title}</h1>
      <p class="summary">${product.descriptionHtml}</p>
      ${detailsList(shown.details)}
    </div>
  </section>
  <section aria-labelledby="reviews"><h2 id="reviews">Reviews</h2>${reviewCards(shown.reviews)}</section>
</main>`,
  );
}

/** Shown in place of the product page when no pod of it answers. */
export function failureHtml(failure: Failure, faults: Faults): string {
  const told = problem('The product page did not answer', failure);
  return document('Bookinfo', html`${header(faults)}<main>${told}${liveAnswers}</main>`);
}

function signIn(user: string | undefined): Html {
  return user === undefined
    ? html`<form method="post" action="/login">
  <label for="username">User</label>
  <input id="username" name="username" placeholder="jason" maxlength="40" required autocomplete="off" autocapitalize="none" spellcheck="false">
  <button>Sign in</button></form>`
    : html`<form method="post" action="/logout"><span class="user">Signed in as <b>${user}</b></span><button>Sign out</button></form>`;
}

const starWords: Readonly<Record<string, string>> = { black: 'black stars', red: 'red stars' };

/** Which version of reviews answered. People open the page to see this. */
function answeredBy(reviews: Answer<Reviews>): Html {
  if (!('ok' in reviews)) return problem('Reviews did not answer this time', reviews);
  const version = versionOf(reviews.ok) ?? 'unknown';
  const [rating] = reviews.ok.reviews.flatMap((review) => review.rating ?? []);
  const stars = rating === undefined ? 'no stars' : 'color' in rating ? starWords[rating.color] : 'stars missing';
  return html`<section class="answered ${kindOf(version)}">
  <p><span class="version">reviews ${version}</span> answered this time: ${stars}</p>
  <p class="pod">${reviews.ok.podname}</p>
  <a class="again" href="/productpage">Reload</a>
</section>`;
}

function problem(title: string, { status, flag, why }: Failure): Html {
  const code = flag === '' ? String(status) : `${status} ${flag}`;
  return html`<section class="answered failed" role="alert">
  <p><span class="version">${code}</span> ${title}</p>
  <p class="pod">${why}</p>
  <a class="again" href="/productpage">Reload</a>
</section>`;
}

const detailNames: readonly (readonly [keyof Details, string])[] = [
  ['author', 'Author'],
  ['year', 'Year'],
  ['type', 'Type'],
  ['pages', 'Pages'],
  ['publisher', 'Publisher'],
  ['language', 'Language'],
  ['ISBN-10', 'ISBN-10'],
  ['ISBN-13', 'ISBN-13'],
];

function detailsList(details: Answer<Details>): Html {
  if (!('ok' in details))
    return html`<p class="missing">No details: ${details.status} ${details.flag}. ${details.why}</p>`;
  const rows = detailNames.map(([key, name]) => html`<div><dt>${name}</dt><dd>${details.ok[key]}</dd></div>`);
  return html`<dl>${rows}</dl>`;
}

function reviewCards(reviews: Answer<Reviews>): Html {
  if (!('ok' in reviews)) return html`<p class="missing">No reviews: ${reviews.status} ${reviews.flag}</p>`;
  const cards = reviews.ok.reviews.map(
    ({ reviewer, text, rating }) => html`<article>
  ${stars(rating)}
  <blockquote>${text}</blockquote>
  <p class="reviewer">${reviewer}</p>
</article>`,
  );
  return html`<div class="reviews">${cards}</div>`;
}

const mostStars = 5;

function stars(rating: Reviews['reviews'][number]['rating']): Html | undefined {
  if (rating === undefined) return undefined;
  if (!('color' in rating)) return html`<p class="missing">${rating.error}</p>`;
  const given = Math.max(0, Math.min(mostStars, Math.round(rating.stars)));
  const color = rating.color === 'red' ? 'red' : 'black';
  return html`<p class="stars ${color}" role="img" aria-label="${given} of ${mostStars} ${color} stars">${'★'.repeat(given)}<span class="not-given">${'★'.repeat(mostStars - given)}</span></p>`;
}

/** The CSS class of a version. Only v1 to v3 have their own color. */
function kindOf(version: string): string {
  return ['v1', 'v2', 'v3'].includes(version) ? version : 'other';
}
