package dev.slipway.backend.cpu;

/** What the r/m field of an instruction can name. */
sealed interface RegisterOrMemory permits Register, Operand {}
