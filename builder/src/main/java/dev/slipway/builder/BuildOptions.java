package dev.slipway.builder;

import dev.slipway.backend.OptimizationProfile;
import dev.slipway.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How to build a plan.
 *
 * @param profiles shapes to serve; kernels are tuned at the first one's opt. Empty where all inputs are static
 * @param precision what kernels compute in
 * @param timingCache file of measured times that is read and extended
 * @param samples inputs by name, on which float16 is checked for overflow; empty where none are at hand
 * @param modelDigest SHA-256 of the model file, to be kept in the plan
 * @param progress is told what the builder does, a line at a time
 */
public record BuildOptions(
    List<OptimizationProfile> profiles,
    Tuning tuning,
    Precision precision,
    Optional<Path> timingCache,
    List<Map<String, Tensor>> samples,
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

  /** What kernels compute in. */
  public enum Precision {
    /** What the model says, of 16-bit floats only those that the backend computes in. */
    FP32,
    /** As FP32, but products and convolutions may round factors of float32 to TensorFloat-32. */
    TF32,
    /** float16 where the model has float32, but for nodes that are known to overflow it. */
    FP16,
    /** bfloat16 where the model has float32. */
    BF16,
    /**
     * Of a quantised model what is measured to be faster, part by part: integers, or float32 without rounding
     * activations. Of another model, on a backend that has them, the fastest of TF32, FP16 and BF16.
     */
    BEST;

    /** {@code fp16}. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public BuildOptions {
    profiles = List.copyOf(profiles);
    samples = List.copyOf(samples);
  }

  /** No profiles, brief tuning, no cache. */
  public static BuildOptions defaults() {
    return new BuildOptions(List.of(), Tuning.FAST, Precision.FP32, Optional.empty(), List.of(), "", line -> {});
  }

  public BuildOptions withProfiles(List<OptimizationProfile> shapes) {
    return new BuildOptions(shapes, tuning, precision, timingCache, samples, modelDigest, progress);
  }

  public BuildOptions withTuning(Tuning amount) {
    return new BuildOptions(profiles, amount, precision, timingCache, samples, modelDigest, progress);
  }

  public BuildOptions withPrecision(Precision other) {
    return new BuildOptions(profiles, tuning, other, timingCache, samples, modelDigest, progress);
  }

  public BuildOptions withTimingCache(Path file) {
    return new BuildOptions(profiles, tuning, precision, Optional.of(file), samples, modelDigest, progress);
  }

  public BuildOptions withSamples(List<Map<String, Tensor>> inputs) {
    return new BuildOptions(profiles, tuning, precision, timingCache, inputs, modelDigest, progress);
  }

  public BuildOptions withModelDigest(String digest) {
    return new BuildOptions(profiles, tuning, precision, timingCache, samples, digest, progress);
  }

  public BuildOptions withProgress(Consumer<String> listener) {
    return new BuildOptions(profiles, tuning, precision, timingCache, samples, modelDigest, listener);
  }
}
