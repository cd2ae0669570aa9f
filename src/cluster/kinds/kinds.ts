import type { ObjectKind } from '../../domain/routing/object.ts';
import { tcpRouteKind, tlsRouteKind } from './connection-route.ts';
import { destinationRuleKind } from './destination-rule.ts';
import { grpcRouteKind, httpRouteKind } from './http-route.ts';
import type { RoutingKind } from './kind.ts';
import { serviceResolverKind } from './service-resolver.ts';
import { serviceSplitterKind } from './service-splitter.ts';
import { trafficSplitKind } from './traffic-split.ts';
import { virtualServiceKind } from './virtual-service.ts';

/** Every kind of object that we read. */
export const kinds: Readonly<Record<ObjectKind, RoutingKind>> = {
  VirtualService: virtualServiceKind,
  DestinationRule: destinationRuleKind,
  HTTPRoute: httpRouteKind,
  GRPCRoute: grpcRouteKind,
  TCPRoute: tcpRouteKind,
  TLSRoute: tlsRouteKind,
  ServiceSplitter: serviceSplitterKind,
  ServiceResolver: serviceResolverKind,
  TrafficSplit: trafficSplitKind,
};
