import { expect, it } from 'vitest';
import { domainFound, domainIn } from '../../../src/cluster/client/cluster-domain.ts';

it.each`
  resolvConf                                                                                              | domain
  ${'nameserver 10.96.0.10\nsearch default.svc.cluster.local svc.cluster.local cluster.local\noptions x'} | ${'cluster.local'}
  ${'search shop.svc.corp.example svc.corp.example corp.example corp.net'}                                | ${'corp.example'}
  ${'search corp.net'}                                                                                    | ${undefined}
  ${'search svc.'}                                                                                        | ${undefined}
  ${''}                                                                                                   | ${undefined}
`('the domain of a cluster is the one that a pod searches for services: $domain', ({ resolvConf, domain }) => {
  expect(domainIn(resolvConf)).toBe(domain);
});

it('nothing is looked for where the bot runs in no cluster', () => {
  expect(domainFound(new Map([['eu', {}]]))).toEqual(new Map());
});
