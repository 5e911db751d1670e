package dev.slipway.quantization;

/**
 * How far the output of a layer is from that of the float model.
 *
 * @param local where this layer alone is quantised and gets float inputs
 * @param cumulative where everything before it is quantised too
 */
public record LayerError(String layer, String operator, Deviation local, Deviation cumulative) {}
