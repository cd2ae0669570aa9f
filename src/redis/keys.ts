/** All keys share one hash tag, so that in a Redis Cluster one script can use them all. */
const root = '{shiftbot}';

export const queuePrefix = root;

/** The channel that announces accepted changes and cards that must be updated. */
export const newsChannel = `${root}:news`;

export const keys = {
  change: (id: string) => `${root}:change:${id}`,
  askedAs: (request: string) => `${root}:asked-as:${request}`,
  refused: (request: string) => `${root}:refused:${request}`,
  line: (object: string) => `${root}:places:${object}`,
  lineVersion: (object: string) => `${root}:line-version:${object}`,
  lastPlace: `${root}:last-place`,
  begun: (id: string) => `${root}:begun:${id}`,
  resting: (id: string) => `${root}:resting:${id}`,
  /** How version 1 keeps its lines: a list, a lease and a rest for each VirtualService. */
  version1: {
    line: (object: string) => `${root}:line:${object}`,
    begun: (object: string) => `${root}:begun:${object}`,
    resting: (object: string) => `${root}:resting:${object}`,
  },
  ramp: (id: string) => `${root}:ramp:${id}`,
  /** The ramps that are not over, by the time when something is due. */
  ramps: `${root}:ramps`,
  /** Which ramp moves a rule: `objectKey rule`. */
  rampOn: `${root}:ramp-on`,
  rampDecided: (request: string) => `${root}:ramp-decided:${request}`,
  /** Which process looks at a ramp for its guards. */
  rampLook: (id: string) => `${root}:ramp-look:${id}`,
  card: (id: string) => `${root}:card:${id}`,
  cardClaim: (id: string) => `${root}:card-claim:${id}`,
  chartsRefused: (team: string) => `${root}:charts-refused:${team}`,
  bucket: (name: string) => `${root}:bucket:${name}`,
  counted: (request: string) => `${root}:counted:${request}`,
  overLimit: (bucket: string) => `${root}:over-limit:${bucket}`,
  locks: `${root}:locks`,
  freezes: `${root}:freezes`,
  heldBy: (request: string) => `${root}:held-by:${request}`,
  audit: `${root}:audit`,
  audited: (gesture: string) => `${root}:audited:${gesture}`,
  open: `${root}:open`,
  /** The changes of one person about one object that were accepted, some of which are over. */
  openOf: (person: string, object: string) => `${root}:open-of:${person}:${object}`,
  owed: `${root}:owed`,
  /** Cards that a writer with an unreleased claim may still overwrite, by the time when they must be written again. */
  inDoubt: `${root}:in-doubt`,
  recent: `${root}:recent`,
  probe: `${root}:probe`,
} as const;

/** Where a script puts what it found in the place of a key of ours, and for how long. */
export const setAside = { prefix: `${root}:set-aside:`, seconds: 7 * 24 * 3600 } as const;

/**
 * The types of keys whose content can do without: what is lost with them is found again, or is asked for again. Records are not among them
 * (an unreadable one is left alone and told), nor locks and freezes (an unreadable one stops changes).
 */
export const typesOfKeys: Readonly<Record<string, 'string' | 'hash' | 'list' | 'set' | 'zset' | 'stream'>> = {
  'asked-as': 'string',
  refused: 'string',
  places: 'zset',
  line: 'list',
  'line-version': 'string',
  begun: 'string',
  resting: 'string',
  ramps: 'zset',
  'ramp-on': 'hash',
  'ramp-decided': 'string',
  'ramp-look': 'string',
  card: 'hash',
  'card-claim': 'string',
  bucket: 'string',
  counted: 'string',
  'over-limit': 'string',
  'held-by': 'string',
  audit: 'stream',
  audited: 'string',
  open: 'zset',
  'open-of': 'set',
  owed: 'zset',
  'in-doubt': 'zset',
  recent: 'zset',
  // of the queue, as BullMQ keeps it: a job that is lost is added again
  'changes:wait': 'list',
  'changes:active': 'list',
  'changes:paused': 'list',
  'changes:delayed': 'zset',
  'changes:prioritized': 'zset',
  'changes:completed': 'zset',
  'changes:failed': 'zset',
  'changes:marker': 'zset',
  'changes:stalled': 'set',
  'changes:stalled-check': 'string',
  'changes:meta': 'hash',
  'changes:events': 'stream',
  'changes:id': 'string',
  'changes:pc': 'string',
  'changes:limiter': 'string',
};

export const queueKeys: readonly string[] = Object.keys(typesOfKeys)
  .filter((name) => name.startsWith('changes:'))
  .map((name) => `${root}:${name}`);
