package dev.slipway.backend.cpu;

/** The last operand of most vector instructions: a vector register or memory. */
sealed interface Operand extends RegisterOrMemory permits VectorRegister, Address {}
