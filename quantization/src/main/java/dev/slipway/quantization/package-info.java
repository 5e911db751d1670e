/** Post-training quantisation: from a float graph and samples to a graph with Q/DQ pairs. */
package dev.slipway.quantization;
