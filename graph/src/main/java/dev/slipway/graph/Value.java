package dev.slipway.graph;

import dev.slipway.tensor.ValueType;

/** A value: what a node produces, a graph input, or a constant. */
public record Value(ValueId id, String name, ValueType type) {}
