/** A fault to plant: the text in the code, its replacement, and the tests that must notice. */
export interface PlantedFault {
  readonly name: string;
  readonly edits: readonly Edit[];
  readonly tests: readonly string[];
}

export interface Edit {
  readonly file: string;
  /** Must occur in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** Each fault removes one thing that the guarantees depend on. */
export const plantedFaults: readonly PlantedFault[] = [
  {
    name: 'the seq of the last change is not compared',
    edits: [
      {
        file: 'src/domain/change/decide.ts',
        find: "  if (live.ledger.seq > edit.seq) return { kind: 'superseded', by: newest };\n",
        replace: '',
      },
    ],
    tests: ['test/domain/change/decide.test.ts', 'test/workflow/applying/held-or-superseded.test.ts'],
  },
  {
    name: 'a missing history is not noticed',
    edits: [
      {
        file: 'src/domain/change/decide.ts',
        find: '  if (live.ledger.seq < edit.seq)\n',
        replace: '  if (live.ledger.seq < 0)\n',
      },
    ],
    tests: ['test/domain/change/decide.test.ts', 'test/workflow/applying/held-or-superseded.test.ts'],
  },
  {
    name: "the rule's split is not compared",
    edits: [
      {
        file: 'src/domain/change/decide.ts',
        find: "  if (!sameShares(rule.split, move.from) && !sameShares(rule.split, move.to)) return { kind: 'held', because: 'moved' };\n",
        replace: '',
      },
    ],
    tests: ['test/domain/change/decide.test.ts', 'test/workflow/applying/held-or-superseded.test.ts'],
  },
  {
    name: 'a recreated object counts as the old one (uid)',
    edits: [
      {
        file: 'src/domain/change/decide.ts',
        find: "  if (edit.uid !== live.uid) return { kind: 'held', because: edit.uid === undefined ? 'moved' : 'recreated' };\n",
        replace: '',
      },
    ],
    tests: ['test/domain/change/decide.test.ts', 'test/workflow/applying/held-or-superseded.test.ts'],
  },
  {
    name: 'the own id of the change is not looked up in the ledger',
    edits: [
      {
        file: 'src/domain/change/decide.ts',
        find: '  return findRevision(live.ledger, id) !== undefined;',
        replace: '  return findRevision(live.ledger, id)?.id.length === 0;',
      },
    ],
    tests: ['test/domain/change/decide.test.ts', 'test/workflow/applying/apply.test.ts'],
  },
  {
    name: 'the deciding read comes from the watch cache',
    edits: [
      {
        file: 'src/cluster/cluster-mesh.ts',
        find: '    const object = kinds[kind].read(body, { domain: this.#domain });\n',
        replace:
          '    const cached = hasRules(kind) ? (await this.#namespaces.watched(namespace)).services.get(kind, name) : undefined;\n' +
          '    const object = cached ?? kinds[kind].read(body, { domain: this.#domain });\n',
      },
    ],
    tests: ['test/cluster/requests.test.ts', 'test/contracts/weights.test.ts'],
  },
  {
    name: 'the patch does not check the resourceVersion',
    edits: [
      {
        file: 'src/cluster/open-object.ts',
        find: '  return [guard(object), ledgerOperation(',
        replace: '  return [ledgerOperation(',
      },
    ],
    tests: ['test/contracts/weights.test.ts'],
  },
  {
    name: 'the ledger does not count',
    edits: [{ file: 'src/domain/routing/ledger.ts', find: 'seq: ledger.seq + 1,', replace: 'seq: ledger.seq,' }],
    tests: ['test/domain/routing/ledger.test.ts', 'test/contracts/weights.test.ts'],
  },
  {
    name: 'a failed attempt is reported without reading the object',
    edits: [
      {
        file: 'src/workflow/applying/walk.ts',
        find: "    if (again.decision.kind !== 'done') throw error;\n",
        replace: '    if (change.id.length > 0) throw error;\n',
      },
      {
        file: 'src/workflow/applying/apply.ts',
        find: 'if (error.retryable && tries < maxTries) {',
        replace: 'if (tries > maxTries) {',
      },
    ],
    tests: ['test/workflow/applying/lost-replies.test.ts'],
  },
  {
    name: 'a transition does not check the state before it (compare-and-set)',
    edits: [
      {
        file: 'src/redis/change-scripts.ts',
        find: '  if not stored or tonumber(stored) ~= tonumber(rev) - 1 then return 0 end\n',
        replace: '',
      },
    ],
    tests: ['test/contracts/changes.test.ts'],
  },
  {
    name: 'a change enters a line that moved since it was planned',
    edits: [
      {
        file: 'src/redis/change-scripts.ts',
        find: "    if versionOf(line) ~= versions[each] then return { 'moved' } end\n",
        replace: '',
      },
    ],
    tests: ['test/contracts/changes.test.ts'],
  },
  {
    name: 'the signature of a record is not checked',
    edits: [
      {
        file: 'src/redis/records/stored-change.ts',
        find: '  if (!isSigned(stored, key)) throw',
        replace: '  if (!isSigned(stored, key) && stored.record.length === 0) throw',
      },
    ],
    tests: ['test/contracts/changes.test.ts'],
  },
  {
    name: 'the signature of an event is not checked',
    edits: [
      {
        file: 'src/redis/records/stored-event.ts',
        find: '  if (!isSigned({ record: signed(event), mac }, key)) return untrusted;\n',
        replace: '',
      },
    ],
    tests: ['test/contracts/audit.test.ts'],
  },
  {
    name: 'a redelivered refusal is recorded again',
    edits: [
      {
        file: 'src/redis/audit-stream.ts',
        find: "  if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end\n",
        replace: '',
      },
    ],
    tests: ['test/contracts/audit.test.ts'],
  },
  {
    name: 'any token may export the audit',
    edits: [
      {
        file: 'src/http/audit-export.ts',
        find: "timingSafeEqual(digest(value ?? ''), digest(token)) && value !== undefined",
        replace: 'token.length > 0 && value !== undefined',
      },
    ],
    tests: ['test/http/audit-export.test.ts'],
  },
  {
    name: 'a person is told that nothing will happen while the store owes an answer',
    edits: [
      { file: 'src/slack/conversation/in-time.ts', find: 'isUnanswered ? cannotTell : tooLate', replace: 'tooLate' },
    ],
    tests: ['test/slack/conversation/conversation.test.ts'],
  },
  {
    name: 'a card that a dead writer may have overwritten is not written once more',
    edits: [{ file: 'src/workflow/showing/cards.ts', find: '!claim.inDoubt && ', replace: '' }],
    tests: ['test/workflow/showing/card-claims.test.ts'],
  },
  {
    name: 'a card that may already be posted is posted again without a check',
    edits: [
      {
        file: 'src/workflow/showing/cards.ts',
        find: 'claim.placed ?? (claim.postBegun ? await desk.chat.look(shown) : undefined);',
        replace: 'claim.placed;',
      },
    ],
    tests: ['test/workflow/showing/cards.test.ts'],
  },
  {
    name: 'Slack markup is not escaped',
    edits: [
      {
        file: 'src/slack/words/mrkdwn.ts',
        find: "  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');",
        replace: '  return text;',
      },
    ],
    tests: ['test/slack/card/card.test.ts', 'test/slack/replies/confirm.test.ts'],
  },
  {
    name: 'a confirmation counts for something that was not shown',
    edits: [
      {
        file: 'src/workflow/asking/take-one-back.ts',
        find: 'undo.stamp !== seen',
        replace: 'seen === undefined',
      },
    ],
    tests: ['test/workflow/asking/roll-back.test.ts'],
  },
  {
    name: 'a watch event is reported without a live read',
    edits: [
      {
        file: 'src/workflow/watching/watch-over.ts',
        find: 'const fateAt = await fatesBy(change, async (object) => (await lookout.mesh.open(object)).live);',
        replace: 'const fateAt = await fatesBy(change, glance);',
      },
    ],
    tests: ['test/workflow/watching/watch-over.test.ts'],
  },
  {
    name: 'a later change of the bot is reported as a move by somebody else',
    edits: [
      {
        file: 'src/domain/change/fate.ts',
        find: 'return newest.id !== id && ',
        replace: 'return false && ',
      },
    ],
    tests: ['test/domain/change/fate.test.ts'],
  },
  {
    name: 'events that the watch lost are not looked for',
    edits: [{ file: 'src/cluster/watch-cache.ts', find: ' || performance.now() >= this.#listDueMs', replace: '' }],
    tests: ['test/cluster/watch-cache.test.ts'],
  },
  {
    name: 'limits are not enforced',
    edits: [{ file: 'src/redis/stored-limits.ts', find: '    if wait > 0 then', replace: '    if false then' }],
    tests: ['test/contracts/limits.test.ts'],
  },
  {
    name: 'a click is accepted from any channel',
    edits: [
      {
        file: 'src/slack/conversation/card-origin.ts',
        find: '  const fits = team === origin.team &&',
        replace: "  const fits = team !== '' ||",
      },
    ],
    tests: ['test/bad-inputs/delivered.test.ts'],
  },
  {
    name: 'a rule file overwrites what somebody else wrote since',
    edits: [
      {
        file: 'src/domain/change/decide.ts',
        find: '  return isUntouched({ before, after }, content) || isThereAlready\n',
        replace: '  return isUntouched({ before, after }, content) || !isThereAlready\n',
      },
    ],
    tests: ['test/domain/change/decide.test.ts', 'test/workflow/applying/held-or-superseded.test.ts'],
  },
  {
    name: 'an object that was created, and then deleted by somebody, is created again',
    edits: [
      {
        file: 'src/workflow/applying/open.ts',
        find: 'if (hadChange === true) return',
        replace: 'if (hadChange === true && id.length === 0) return',
      },
    ],
    tests: ['test/workflow/applying/several-objects.test.ts'],
  },
  {
    name: 'a partly written rule file is reported as not applied',
    edits: [
      {
        file: 'src/workflow/applying/walk.ts',
        find: "return failed(bench, 'half-applied', { written, object: edit, detail });",
        replace: "return failed(bench, 'object-gone', { object: edit, detail });",
      },
    ],
    tests: ['test/workflow/applying/several-objects.test.ts'],
  },
  {
    name: 'the applied difference is not the one that was shown',
    edits: [
      {
        file: 'src/workflow/asking/rule-file.ts',
        find: 'if (way?.plan.stamp !== clicked.stamp)',
        replace: 'if (way === undefined)',
      },
    ],
    tests: ['test/workflow/asking/rule-file.test.ts'],
  },
  {
    name: 'a whole object is written without its resourceVersion',
    edits: [
      {
        file: 'src/cluster/open-object.ts',
        find: '    guard(object),\n',
        replace: '',
      },
    ],
    tests: ['test/contracts/objects.test.ts'],
  },
  {
    name: 'no traffic is shown as 0 %',
    edits: [
      { file: 'src/slack/card/seen.ts', find: "if (requests === 0) return 'none';", replace: '' },
      { file: 'src/slack/card/seen.ts', find: 'if (shares.total === 0) return', replace: 'if (false) return' },
    ],
    tests: ['test/slack/card/seen.test.ts'],
  },
  {
    name: 'an approval is kept for a plan that is out of date',
    edits: [
      {
        file: 'src/workflow/deciding/approve.ts',
        find: '  if (edits === undefined) return end(',
        replace: '  if (Date.now() < 0) return end(',
      },
      {
        file: 'src/workflow/deciding/approve.ts',
        find: '        edits,\n',
        replace: '        edits: change.edits,\n',
      },
    ],
    tests: ['test/workflow/deciding/void.test.ts'],
  },
  {
    name: 'formatting characters are not escaped',
    edits: [{ file: 'src/slack/words/mrkdwn.ts', find: "'\\u2060$&'", replace: "'$&'" }],
    tests: ['test/bad-inputs/hostile-text.test.ts'],
  },
  {
    name: 'a change stands in the line of its first object only',
    edits: [
      {
        file: 'src/redis/change-scripts.ts',
        find: "  if kind == 'queued' then enter(id, ahead == '1', lines) end\n",
        replace: "  if kind == 'queued' then enter(id, ahead == '1', { lines[1] }) end\n",
      },
    ],
    tests: ['test/contracts/changes.test.ts'],
  },
  {
    name: 'a rollback looks at the default rule only',
    edits: [
      {
        file: 'src/domain/change/undo.ts',
        find: '  const its = rule === undefined ? revisions : revisions.filter((revision) => moveIn(revision, rule) !== undefined);\n  const newest',
        replace:
          "  const its = revisions.filter((revision) => moveIn(revision, rule ?? 'default') !== undefined);\n  const newest",
      },
    ],
    tests: ['test/domain/change/undo.test.ts', 'test/workflow/asking/roll-back-typed.test.ts'],
  },
  {
    name: 'a rollback is taken back like any other change: typed twice, it goes forward',
    edits: [
      {
        file: 'src/domain/change/undo.ts',
        find: 'return notTakenBack(revisions).filter((revision) => !isBack(revisions, revision));',
        replace: 'return notTakenBack(revisions);',
      },
    ],
    tests: ['test/domain/change/undo.test.ts', 'test/workflow/asking/roll-back-typed.test.ts'],
  },
  {
    name: 'a step is stored although its ramp moved on',
    edits: [
      {
        file: 'src/redis/ramp-scripts.ts',
        find: '      return not stored or tonumber(stored) ~= tonumber(rev) - 1\n',
        replace: '      return false\n',
      },
    ],
    tests: ['test/contracts/ramps.test.ts'],
  },
  {
    name: 'a batch of a guard reaches over the beginning of a step',
    edits: [
      {
        file: 'src/domain/guard/looks.ts',
        find: '  return new Date(Date.parse(appliedAt) + settleMs);\n',
        replace: '  return new Date(Date.parse(appliedAt) - settleMs);\n',
      },
    ],
    tests: ['test/domain/guard/looks.test.ts', 'test/workflow/guarding/guards.test.ts'],
  },
  {
    name: 'a guard takes the configured share for the one observed',
    edits: [
      {
        file: 'src/domain/guard/batch.ts',
        find: 'share: canary.requests / requests,',
        replace: 'share: 0.1,',
      },
    ],
    tests: ['test/domain/guard/vectors.test.ts'],
  },
  {
    name: 'a guard takes all callers for one',
    edits: [
      {
        file: 'src/domain/ramp/guards.ts',
        find: '    errors: [...batches.values()].reduce(add, guards.errors),\n',
        replace: '    errors: [pooled(batches)].reduce(add, guards.errors),\n',
      },
    ],
    tests: ['test/domain/ramp/guards.test.ts'],
  },
  {
    name: 'a look of a guard is counted twice',
    edits: [
      {
        file: 'src/domain/ramp/guards.ts',
        find: '    cursor: { step, until },\n',
        replace: '    cursor: guards.cursor ?? { step, until },\n',
      },
    ],
    tests: ['test/workflow/guarding/guards.test.ts'],
  },
  {
    name: 'a guard counts for a step what came after a worker had the next one',
    edits: [
      {
        file: 'src/workflow/guarding/guard-ramp.ts',
        find: "    return (await readTrusted(this.#desk, id))?.state.kind === 'queued';\n",
        replace: '    return (await readTrusted(this.#desk, id)) !== undefined;\n',
      },
    ],
    tests: ['test/workflow/guarding/while-stepping.test.ts'],
  },
  {
    name: 'every process asks for the look that one of them makes',
    edits: [
      {
        file: 'src/workflow/guarding/guard-ramp.ts',
        find: "    if (claim !== 'claimed') return claim === 'rests' ? 'none' : 'wait';\n",
        replace: '',
      },
    ],
    tests: ['test/workflow/guarding/one-looks.test.ts'],
  },
  {
    name: 'a guard compares versions that serve different clients',
    edits: [
      {
        file: 'src/domain/ramp/guards.ts',
        find: '    ...(sticky === undefined ? compared(',
        replace: '    ...(guards.rule !== undefined ? compared(',
      },
    ],
    tests: ['test/domain/ramp/guards.test.ts'],
  },
  {
    name: 'a guard looks at one namespace for what else sends requests',
    edits: [
      {
        file: 'src/cluster/cluster-mesh.ts',
        find: '    const watched = await this.#namespaces.all();\n    const rules',
        replace: '    const watched = (await this.#namespaces.all()).slice(0, 1);\n    const rules',
      },
    ],
    tests: ['test/cluster/sending-to.test.ts'],
  },
  {
    name: 'a ramp goes on although somebody else moved its weights',
    edits: [
      {
        file: 'src/domain/ramp/next.ts',
        find: '  if (away !== undefined && !isTold)\n',
        replace: '  if (away !== undefined && isTold)\n',
      },
    ],
    tests: ['test/domain/ramp/next.test.ts'],
  },
  {
    name: 'a ramp makes the step that is live once more',
    edits: [
      {
        file: 'src/domain/ramp/next.ts',
        find: "  return { kind: 'step', step: next };\n}",
        replace: "  return { kind: 'step', step: Math.max(step, 1) };\n}",
      },
    ],
    tests: ['test/domain/ramp/next.test.ts', 'test/workflow/ramping/life.test.ts'],
  },
  {
    name: 'a ramp over several clusters goes back in the first of them only',
    edits: [
      {
        file: 'src/domain/ramp/going-back.ts',
        find: '  return nextToGoBack(rest).length === 0 ? undefined : rest;',
        replace: '  return undefined;',
      },
    ],
    tests: ['test/workflow/ramping/sequence.test.ts'],
  },
  {
    name: 'a step is made in all clusters of a ramp at once',
    edits: [
      {
        file: 'src/domain/ramp/sequence.ts',
        find: '  return within(targetsAt(ramp, step), clusterAt(ramp, step));',
        replace: '  return targetsAt(ramp, step);',
      },
    ],
    tests: ['test/workflow/ramping/sequence.test.ts'],
  },
  {
    name: 'a ramp forgets that a guard holds it',
    edits: [
      {
        file: 'src/workflow/guarding/after-look.ts',
        find: '  if (guards.silencedAt === step) return undefined;\n',
        replace: '  return undefined;\n',
      },
    ],
    tests: ['test/workflow/guarding/guards.test.ts'],
  },
  {
    name: 'a ramp goes on although its step was due long ago',
    edits: [
      { file: 'src/domain/ramp/next.ts', find: '  if (overdueMs > patienceMs)\n', replace: '  if (overdueMs < 0)\n' },
    ],
    tests: ['test/domain/ramp/next.test.ts', 'test/workflow/ramping/life.test.ts'],
  },
  {
    name: 'a ramp moves on and is still due when it was',
    edits: [
      {
        file: 'src/redis/ramp-scripts.ts',
        find: "      if isOver == '0' then redis.call('ZADD', ramps, due, id)\n",
        replace: "      if isOver == '0' then redis.call('ZADD', ramps, 'NX', due, id)\n",
      },
    ],
    tests: ['test/contracts/ramps.test.ts'],
  },
  {
    name: 'two ramps move one rule',
    edits: [
      {
        file: 'src/redis/ramp-scripts.ts',
        find: '        if other and other ~= id then return true end\n',
        replace: '',
      },
    ],
    tests: ['test/contracts/ramps.test.ts'],
  },
  {
    name: 'a button of a ramp counts for another step than it was drawn for',
    edits: [
      {
        file: 'src/workflow/ramping/decide-on-ramp.ts',
        find: 'if (seen !== undefined && seen !== standingShown(ramp))',
        replace: "if (seen === '')",
      },
    ],
    tests: ['test/workflow/ramping/life.test.ts'],
  },
  {
    name: 'a pause of a ramp does not stop the clock',
    edits: [
      {
        file: 'src/workflow/ramping/gestures.ts',
        find: 'dueAt: new Date(nowMs + leftMs).toISOString() };',
        replace: 'dueAt: new Date(Date.parse(since) + leftMs).toISOString() };',
      },
    ],
    tests: ['test/workflow/ramping/life.test.ts'],
  },
  {
    name: 'a ramp that goes back waits behind what is in line',
    edits: [
      {
        file: 'src/workflow/ramping/go-back.ts',
        find: '  const options = { lines: plan.lines.versions, ahead: true,',
        replace: '  const options = { lines: plan.lines.versions, ahead: false,',
      },
    ],
    tests: ['test/workflow/ramping/life.test.ts'],
  },
  {
    name: 'a step of a ramp is stored after the person was told that it came too late',
    edits: [
      {
        file: 'src/workflow/ramping/make-step.ts',
        find: '  refuseIfLate(desk, request);',
        replace: '',
      },
    ],
    tests: ['test/workflow/ramping/life.test.ts', 'test/workflow/ramping/policy.test.ts'],
  },
  {
    name: 'who let a ramp go on is not told to the audit',
    edits: [
      {
        file: 'src/redis/change-scripts.ts',
        find: "    tell(audit, audited, ARGV[27], ARGV[28], ARGV[16], '0')\n",
        replace: '',
      },
    ],
    tests: ['test/contracts/ramps.test.ts'],
  },
];
