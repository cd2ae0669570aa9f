import { expect, it } from 'vitest';
import { versionNamed } from '../../../src/domain/routing/named-version.ts';

const services = {
  split: { 'reviews-v1': 90, 'reviews-v2': 10 },
  served: ['reviews-v1', 'reviews-v2', 'reviews-v3'],
  shortNames: { 'reviews-v1': 'v1', 'reviews-v2': 'v2', 'reviews-v3': 'v3' },
};
const hosts = {
  split: { 'shop/stable': 75, 'shop/canary': 0, 'old/stable': 25 },
  served: ['shop/stable', 'shop/canary', 'old/stable'],
  shortNames: { 'shop/stable': 'stable', 'shop/canary': 'canary', 'old/stable': 'stable' },
};
const capitals = { split: { Stable: 90, Canary: 10 }, served: ['Stable', 'Canary'] };
const alike = { split: { V1: 50, v1: 50 }, served: ['V1', 'v1'] };

it.each`
  what                                        | of          | typed           | version
  ${'its name'}                               | ${services} | ${'reviews-v2'} | ${'reviews-v2'}
  ${'its short name'}                         | ${services} | ${'v2'}         | ${'reviews-v2'}
  ${'the short name of one without traffic'}  | ${services} | ${'v3'}         | ${'reviews-v3'}
  ${'no short name that several have'}        | ${hosts}    | ${'stable'}     | ${'stable'}
  ${'a short name that one has'}              | ${hosts}    | ${'canary'}     | ${'shop/canary'}
  ${'its name in small letters'}              | ${capitals} | ${'canary'}     | ${'Canary'}
  ${'its very name before one that is alike'} | ${alike}    | ${'v1'}         | ${'v1'}
  ${'no name of another object'}              | ${services} | ${'toString'}   | ${'toString'}
  ${'nothing that it does not have'}          | ${services} | ${'v9'}         | ${'v9'}
`('a version answers to $what', ({ of, typed, version }) => {
  expect(versionNamed(of, typed)).toBe(version);
});
