package dev.slipway.backend.cpu;

import dev.slipway.operators.Expression;

/**
 * What a {@link TransformKernel} is specialised to.
 *
 * @param biased whether the bias is added to each result
 * @param activation a cheap expression of {@code Input(RESULT)} that is stored in place of the result
 */
record TransformSpec(int vectorBits, LinearTransform transform, boolean biased, Expression activation) {}
