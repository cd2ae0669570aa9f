import { arithmetic } from './arithmetic.ts';
import { events } from './events.ts';
import { guard } from './guard.ts';
import { language } from './language.ts';
import { ledger } from './ledger.ts';
import { objects } from './objects.ts';
import { body, clicks } from './payloads.ts';
import { records } from './records.ts';
import { answers, cards } from './rendering.ts';
import { ruleFiles } from './rule-files.ts';
import type { Target } from './target.ts';

/** Everything that gets input from outside. */
export const targets: readonly Target[] = [
  language,
  arithmetic,
  ledger,
  body,
  clicks,
  guard,
  objects,
  records,
  events,
  ruleFiles,
  cards,
  answers,
];
