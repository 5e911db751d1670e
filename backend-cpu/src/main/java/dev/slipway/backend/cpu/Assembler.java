package dev.slipway.backend.cpu;

/**
 * Writes x86-64 machine code: one method for each instruction, named by its mnemonic, destination first. What it makes
 * runs as {@link MachineCode}. Encodings are checked against GNU as.
 */
final class Assembler extends GeneralInstructions
    implements FloatInstructions, IntegerInstructions, MoveInstructions, MaskInstructions, TileInstructions {}
