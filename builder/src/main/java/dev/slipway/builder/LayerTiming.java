package dev.slipway.builder;

import dev.slipway.backend.TacticId;
import dev.slipway.backend.TuningChoice;

/**
 * A candidate for a node's kernel as the model of cost sees it and as it was measured.
 *
 * @param node name of the node in the tuned graph
 * @param predictedMicros the tactic's guess, by which the first candidate is chosen where nothing is measured
 * @param measuredMicros of one run
 */
public record LayerTiming(
    String node, TacticId tactic, TuningChoice tuning, double predictedMicros, double measuredMicros) {}
