package dev.slipway.analysis;

/**
 * How one value of a run differs from that of another.
 *
 * @param value the name of the value
 * @param node the node of the expected model that computes it
 * @param operator the operator of that node
 * @param local the difference that arises here: from what the expected model computes of the values that the run itself
 *     had before
 * @param total the difference from the value of the expected run, which contains that of all layers before
 * @param diverged whether the local difference is more than rounding
 */
public record LayerDifference(
    String value, String node, String operator, Difference local, Difference total, boolean diverged) {}
