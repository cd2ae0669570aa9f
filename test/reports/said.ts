/** What somebody does, and words of what they are told or shown then. */
export type Deed =
  | {
      readonly by?: 'bob' | 'carol';
      readonly types: string;
      readonly says: readonly string[];
      /** Words that must not be in the answer. */
      readonly never?: readonly string[];
    }
  | { readonly clicks: string; readonly says: readonly string[]; readonly never?: readonly string[] }
  /** The objects of the report are created, where a rule file was shown before. */
  | { readonly creates: true }
  /** Somebody else writes the weights of the first rule of a VirtualService. */
  | { readonly edits: string; readonly weights: readonly number[]; readonly says: readonly string[] };

/** An input that an earlier version failed on: its objects are in `objects/`, by number. */
export interface Report {
  readonly number: string;
  readonly what: string;
  /** It is applied from chat, as the rule file `r04`, and not there before. */
  readonly isFile?: true;
  readonly deeds: readonly Deed[];
}

const accepted = ['Accepted', 'Applied'];

export const reports: readonly Report[] = [
  {
    number: '01',
    what: 'a rollback means the newest change, whatever its rule, and asks before it goes further back',
    deeds: [
      { types: 'api canary 10 -n r01', says: ['Applied', 'canary 0 → 10 %'] },
      { types: 'api canary 50 -n r01 --route orders', says: ['api (orders)', 'Applied', 'canary 0 → 50 %'] },
      { types: 'rollback api -n r01', says: ['api (orders) · back to stable 100 %', 'Applied'] },
      { types: 'rollback api -n r01', says: ['This one is not done yet', 'Roll back to stable 100 %'] },
    ],
  },
  {
    number: '02',
    what: 'a rollback of a rule with a name',
    deeds: [
      { types: 'api canary 30 -n r02 --route orders', says: ['Applied'] },
      {
        types: 'rollback api -n r02',
        says: ['api (orders) · back to stable 100 %', 'Applied'],
        never: ['not changed'],
      },
      { types: 'status api -n r02', says: ['path starts with /orders → stable 100 %'] },
    ],
  },
  {
    number: '03',
    what: 'a file without a catch-all rule is not said to have lost one',
    isFile: true,
    deeds: [
      { types: 'apply r03', says: ['Create', 'v2only', 'v1 90 %, v2 10 %'], never: ['no traffic'] },
      { clicks: 'Apply', says: ['created', 'Applied'], never: ['removed or renamed'] },
      { edits: 'nd', weights: [10, 90], says: ['were moved* by `kubectl-edit`', 'v1 10 %, v2 90 %'] },
    ],
  },
  {
    number: '04',
    what: 'the question before a file says where it writes',
    isFile: true,
    deeds: [
      { types: 'apply r04', says: ['In `r04` @', 'create 2 objects'] },
      { clicks: 'Apply', says: ['Applied', '· r04 @'] },
      { types: 'delete r04 --dry-run', says: ['In `r04` @', 'delete 2 objects'] },
    ],
  },
  {
    number: '06',
    what: 'of two objects for one host that one is moved that requests follow',
    deeds: [
      { types: 'cart v2 30 -n r06', says: accepted.slice(1) },
      { types: 'status one -n r06', says: ['v1 70 %', 'v2 30 %'] },
      { types: 'vs/two v2 30 -n r06 --dry-run', says: ['No requests follow this rule now', 'VirtualService one'] },
    ],
  },
  {
    number: '07',
    what: 'a flag that is typed twice is asked about',
    deeds: [
      { types: 'api canary 30 -n r07 --route orders --route rest', says: ['`--route` twice: which one?'] },
      { types: 'reviews v3 50 -n r07 -n default --dry-run', says: ['`-n` twice: which one?'] },
    ],
  },
  {
    number: '08',
    what: 'the same subset of two hosts, and the same host at two ports',
    deeds: [
      { types: 'status checkout -n r08', says: ['checkout/stable', '75 %', 'checkout-legacy/stable', '25 %'] },
      {
        types: 'checkout canary 30 -n r08',
        says: ['checkout/canary 0 → 30 %', 'checkout/stable 75 → 53 %', 'Applied'],
      },
      { types: 'status byport -n r08', says: ['byport:8080', '100 %'] },
      { types: 'byport byport:9090 30 -n r08', says: ['byport:9090 0 → 30 %', 'Applied'] },
    ],
  },
  {
    number: '09',
    what: 'a host of two labels is a host',
    deeds: [
      { types: 'shop v2 30 -n r09', says: ['There is `example.com`'] },
      { types: 'example.com v2 30 -n r09 --dry-run', says: ['Dry run of `example.com`', 'v2', '10 → 30 %'] },
    ],
  },
  {
    number: '11',
    what: 'DestinationRules with a wildcard, and beside the service',
    deeds: [
      { types: 'w1 v2 30 -n r11', says: ['v2 10 → 30 %', 'Applied'] },
      { types: 'w2 v2 30 -n r11', says: ['v2 10 → 30 %', 'Applied'] },
    ],
  },
  {
    number: '12',
    what: 'an object in another namespace than its host',
    deeds: [
      { types: 'r12b/reviews v2 30', says: ['it has `reviews-v1.r12b'], never: ['Nothing is routed'] },
      {
        types: 'reviews.r12b.svc.cluster.local reviews-v2.r12b.svc.cluster.local 30 -n r12 --dry-run',
        says: ['Dry run', '10 → 30 %'],
        never: ['name two namespaces'],
      },
    ],
  },
  {
    number: '13',
    what: 'the only rule of an object, with a match and without a name',
    deeds: [
      { types: 'status myapp.example.org -n r13', says: ['path starts with /myapp', '90 %'] },
      {
        types: 'myapp.example.org v2 30 -n r13',
        says: ['path starts with /myapp', 'v2 10 → 30 %', 'Applied', 'Only requests through gateway'],
      },
    ],
  },
  {
    number: '14',
    what: 'what an object without a catch-all rule has',
    isFile: true,
    deeds: [
      { types: 'apply r14 --dry-run', says: ['Create', 'v1 50 %, v2 50 %'], never: ['no traffic'] },
      { creates: true },
      { types: 'delete r14 --dry-run', says: ['Delete', 'v1 50 %, v2 50 %'], never: ['no traffic'] },
    ],
  },
  {
    number: '16',
    what: 'a rule of the policy and a lock hold for every object that routes the service',
    deeds: [
      { types: 'payments v2 30 -n r16', says: ['You may not shift traffic here', 'careful'] },
      { types: 'pay-routes v2 30 -n r16', says: ['You may not shift traffic here', 'careful'] },
      { types: 'edge-pay v2 30 -n r16', says: ['You may not shift traffic here', 'to which it routes'] },
    ],
  },
  {
    number: '17',
    what: 'the controller of an object is told',
    deeds: [
      { types: 'status model -n r17', says: ['Managed by `InferenceService model`'] },
      { types: 'model model-canary 30 -n r17', says: ['Applied', '`InferenceService model` manages this object'] },
    ],
  },
  {
    number: '18',
    what: 'an object for a gateway alone is told as that',
    deeds: [
      { types: 'colors canary 20 -n r18 --dry-run', says: ['Only requests through gateway `edge/public` follow it'] },
      { types: 'colors canary 10 -n r18', says: ['Applied', 'Only requests through gateway `edge/public` follow it'] },
    ],
  },
  {
    number: '19',
    what: 'who hands over to whom',
    deeds: [
      {
        types: 'status foo -n r19',
        says: ['hands over to another VirtualService', 'VirtualService bar'],
        never: ['No version has traffic', 'No requests follow', 'unpin'],
      },
      { types: 'bar.example.org canary 30 -n r19', says: ['canary 10 → 30 %', 'Applied'] },
      { types: 'status bar -n r19', says: ['for what VirtualService foo hands over to it'] },
    ],
  },
  {
    number: '20',
    what: 'an object for several hosts moves all of them, and says so',
    deeds: [
      { types: 'admin v2 30 -n r20', says: ['Applied', 'The same rule is for `shop`, `shop.example.org`, too'] },
      { types: 'status admin -n r20', says: ['The same rule is for `shop`, `shop.example.org`, too'] },
    ],
  },
  {
    number: '21',
    what: 'an HTTPRoute is found, and a backend that is no Service is told as that',
    deeds: [
      { types: 'status reviews -n r21', says: ['HTTPRoute reviews', '90 %'] },
      { types: 'reviews reviews-v3 50 -n r21', says: ['I see no Service that'], never: ['DestinationRule'] },
    ],
  },
  {
    number: '23',
    what: 'a suggestion keeps the dry run that was asked for',
    deeds: [
      'dry v2 50 -n r23 dry-run',
      'dry v2 50 -n r23 -- dry-run',
      'dry-run dry v2 50 -n r23',
      'dry v2 50 -n r23 (dry run)',
    ].map((types) => ({ types, says: ['Did you mean `/shift dry v2 50 -n r23 --dry-run`?'] })),
  },
  {
    number: '25',
    what: 'a version is found whatever its case',
    deeds: [{ types: 'caps canary 30 -n r25', says: ['Canary 10 → 30 %', 'Applied'] }],
  },
  {
    number: '28',
    what: 'the first objects of a namespace are looked after',
    isFile: true,
    deeds: [
      { types: 'apply r28', says: ['create 2 objects'] },
      { clicks: 'Apply', says: ['Applied'] },
      { edits: 'cart', weights: [10, 90], says: ['were moved* by `kubectl-edit`', 'v1 10 %, v2 90 %'] },
    ],
  },
];
