package dev.slipway.backend;

import dev.slipway.graph.Graph;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * What a builder makes and an engine runs: the optimised graph in standard operators, which any backend runs, and for
 * one device what was tuned for it.
 */
public record Plan(Manifest manifest, Supplier<Graph> portable, Optional<Tuned> tuned) {

  /**
   * @param modelDigest SHA-256 of the model file in hexadecimal; empty for a graph made by hand
   * @param precision {@code fp32}
   * @param profiles empty where all shapes are static
   * @param metadata the model's
   */
  public record Manifest(
      String model,
      String modelDigest,
      String precision,
      List<OptimizationProfile> profiles,
      Map<String, String> metadata) {
    public Manifest {
      profiles = List.copyOf(profiles);
      metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }
  }

  /** How to make the kernel of a node, and the time that was measured for it, NaN where none was. */
  public record Choice(TacticId tactic, TuningChoice tuning, double micros) {}

  /**
   * What serves one device.
   *
   * @param fingerprint of the device it was tuned on
   * @param graph with groups, layouts and reorders
   * @param choices by node name
   * @param packed constants in the form that kernels like, by {@link #packedKey}
   * @param artifacts what compilers and libraries made for the device, by the names of {@link Artifacts}
   */
  public record Tuned(
      String fingerprint,
      String device,
      Graph graph,
      Map<String, Choice> choices,
      Map<String, MemorySegment> packed,
      Map<String, MemorySegment> artifacts) {
    public Tuned {
      choices = Collections.unmodifiableMap(new TreeMap<>(choices));
      packed = Collections.unmodifiableMap(new TreeMap<>(packed));
      artifacts = Collections.unmodifiableMap(new TreeMap<>(artifacts));
    }
  }

  /** Names the packed form of a node's constant input. */
  public static String packedKey(String node, int port, String format) {
    return node + "#" + port + "#" + format;
  }
}
