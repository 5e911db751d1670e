/** The graph: operators, nodes and values, patches, type inference, and the reference interpreter. */
package dev.slipway.graph;
