package dev.slipway.backend.cpu;

import dev.slipway.backend.Artifacts;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * Machine code of kernels by a name that tells all that it was generated from: a plan's, where it has it, else
 * generated now. Equal code is in memory once. Thread-safe.
 *
 * <p>A plan's code counts only where the same classes would generate it, which {@link ModuleChecksum} tells.
 */
final class GeneratedCode {
  private static final byte[] YES = {1};
  private static final byte[] NO = {0};

  private final Artifacts artifacts;
  private final Map<String, MachineCode> codes = new ConcurrentHashMap<>();

  /** @param artifacts of the plans that are run and made */
  GeneratedCode(Artifacts artifacts) {
    this.artifacts = artifacts;
  }

  /**
   * @param name of the generator, and what it was given
   * @param generate called where the code is not known
   */
  MachineCode get(String name, Supplier<byte[]> generate) {
    byte[] code = artifacts.get(versioned(name), generate);
    MachineCode known = codes.get(name);
    return known != null ? known : codes.computeIfAbsent(name, _ -> new MachineCode(code));
  }

  /**
   * What a generator says of code that it could generate: kept beside the code, since a process that has all of its
   * code from a plan does not load the generators.
   *
   * @param question all that the answer depends on
   */
  boolean answer(String question, BooleanSupplier generator) {
    return artifacts.get(versioned(question), () -> generator.getAsBoolean() ? YES : NO)[0] != 0;
  }

  private static String versioned(String name) {
    return ModuleChecksum.VALUE + " " + name;
  }
}
