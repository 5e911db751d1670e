package dev.slipway.quantization;

import dev.slipway.graph.Graph;

/**
 * A graph that computes the same as before with other numbers inside.
 *
 * @param layers how many layers changed
 */
record EditedGraph(Graph graph, int layers) {}
