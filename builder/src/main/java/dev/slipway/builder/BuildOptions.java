package dev.slipway.builder;

import dev.slipway.backend.OptimizationProfile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How to build a plan.
 *
 * @param profiles shapes to serve; kernels are tuned at the first one's opt. Empty where all inputs are static
 * @param timingCache file of measured times that is read and extended
 * @param modelDigest SHA-256 of the model file, to be kept in the plan
 * @param progress is told what the builder does, a line at a time
 */
public record BuildOptions(
    List<OptimizationProfile> profiles,
    Tuning tuning,
    Optional<Path> timingCache,
    String modelDigest,
    Consumer<String> progress) {

  /** How much to measure. */
  public enum Tuning {
    /** Nothing: tactics are chosen by their cost model. */
    OFF,
    /** A few choices of each tactic, briefly. */
    FAST,
    /** Every choice, until the times are stable. */
    FULL
  }

  public BuildOptions {
    profiles = List.copyOf(profiles);
  }

  /** No profiles, brief tuning, no cache. */
  public static BuildOptions defaults() {
    return new BuildOptions(List.of(), Tuning.FAST, Optional.empty(), "", line -> {});
  }

  public BuildOptions withProfiles(List<OptimizationProfile> shapes) {
    return new BuildOptions(shapes, tuning, timingCache, modelDigest, progress);
  }

  public BuildOptions withTuning(Tuning amount) {
    return new BuildOptions(profiles, amount, timingCache, modelDigest, progress);
  }

  public BuildOptions withTimingCache(Path file) {
    return new BuildOptions(profiles, tuning, Optional.of(file), modelDigest, progress);
  }

  public BuildOptions withModelDigest(String digest) {
    return new BuildOptions(profiles, tuning, timingCache, digest, progress);
  }

  public BuildOptions withProgress(Consumer<String> listener) {
    return new BuildOptions(profiles, tuning, timingCache, modelDigest, listener);
  }
}
