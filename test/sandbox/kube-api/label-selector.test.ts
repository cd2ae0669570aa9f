import { expect, it } from 'vitest';
import { parseLabelSelector } from '../../../src/sandbox/kube-api/label-selector.ts';

it.each`
  selector             | labels                      | selects
  ${''}                | ${{}}                       | ${true}
  ${'a'}               | ${{ a: '' }}                | ${true}
  ${'a'}               | ${{}}                       | ${false}
  ${'!a'}              | ${{}}                       | ${true}
  ${'a=1'}             | ${{ a: '1' }}               | ${true}
  ${'a==1, b != 2'}    | ${{ a: '1', b: '3' }}       | ${true}
  ${'a!=1'}            | ${{}}                       | ${true}
  ${'a='}              | ${{ a: '' }}                | ${true}
  ${'a in (1, 2)'}     | ${{ a: '2' }}               | ${true}
  ${'a in (1, 2)'}     | ${{}}                       | ${false}
  ${'a notin (1, 2)'}  | ${{}}                       | ${true}
  ${'a notin (1, 2)'}  | ${{ a: '1' }}               | ${false}
  ${'a>5'}             | ${{ a: '6' }}               | ${true}
  ${'a<5'}             | ${{}}                       | ${false}
  ${'example.com/a=b'} | ${{ 'example.com/a': 'b' }} | ${true}
  ${'constructor'}     | ${{}}                       | ${false}
`('"$selector" selects $labels: $selects', ({ selector, labels, selects }) => {
  expect(parseLabelSelector(selector)(labels)).toBe(selects);
});
