package dev.slipway.backend.cpu;

import static dev.slipway.backend.cpu.CpuFeature.AMX_BF16;
import static dev.slipway.backend.cpu.CpuFeature.AMX_INT8;
import static dev.slipway.backend.cpu.CpuFeature.AMX_TILE;
import static dev.slipway.backend.cpu.CpuFeature.AVX2;
import static dev.slipway.backend.cpu.CpuFeature.AVX512BW;
import static dev.slipway.backend.cpu.CpuFeature.AVX512DQ;
import static dev.slipway.backend.cpu.CpuFeature.AVX512F;
import static dev.slipway.backend.cpu.CpuFeature.AVX512VL;
import static dev.slipway.backend.cpu.CpuFeature.AVX512_BF16;
import static dev.slipway.backend.cpu.CpuFeature.AVX512_FP16;
import static dev.slipway.backend.cpu.CpuFeature.AVX512_VBMI;
import static dev.slipway.backend.cpu.CpuFeature.AVX512_VNNI;
import static dev.slipway.backend.cpu.CpuFeature.AVX_VNNI;
import static dev.slipway.backend.cpu.CpuFeature.F16C;
import static dev.slipway.backend.cpu.CpuFeature.FMA;

import dev.slipway.tensor.SlipwayException;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** What generated machine code may use. */
final class CpuFeatures {
  /**
   * A system property: a list of {@link Level}s, beyond which nothing is used although the processor has it. It is read
   * when the backend is loaded, and again when it is opened.
   */
  static final String PROPERTY = "slipway.cpu.features";

  /** Instruction sets by the names that the property takes, each with all that it builds on. */
  enum Level {
    NONE(EnumSet.noneOf(CpuFeature.class)),
    AVX2(EnumSet.of(CpuFeature.AVX2, FMA, F16C)),
    AVXVNNI(with(AVX2, AVX_VNNI)),
    AVX512(with(AVX2, AVX512F, AVX512VL, AVX512BW, AVX512DQ)),
    AVX512VNNI(with(AVX512, AVX512_VBMI, AVX512_VNNI)),
    AVX512BF16(with(AVX512VNNI, AVX512_BF16)),
    AVX512FP16(with(AVX512BF16, AVX512_FP16)),
    AMX(with(AVX512BF16, AMX_TILE, AMX_INT8, AMX_BF16));

    private final Set<CpuFeature> features;

    Level(Set<CpuFeature> features) {
      this.features = features;
    }

    /** As users write it. */
    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    private static Set<CpuFeature> with(Level base, CpuFeature... more) {
      Set<CpuFeature> all = EnumSet.copyOf(base.features);
      all.addAll(Arrays.asList(more));
      return all;
    }
  }

  private CpuFeatures() {}

  /**
   * What the processor and the operating system support and the property allows; nothing where no machine code can run.
   *
   * @throws SlipwayException when the property has an unknown value
   */
  static Set<CpuFeature> active() {
    Set<CpuFeature> active = allowed();
    active.retainAll(MachineCode.available() ? Detected.FEATURES : Set.of());
    return active;
  }

  /**
   * What the property allows, whether the processor has it or not.
   *
   * @throws SlipwayException when the property has an unknown value
   */
  static Set<CpuFeature> allowed() {
    String value = System.getProperty(PROPERTY, "");
    if (value.isBlank()) {
      return EnumSet.allOf(CpuFeature.class);
    }
    Set<CpuFeature> allowed = EnumSet.noneOf(CpuFeature.class);
    for (String name : value.split(",")) {
      allowed.addAll(level(name.strip()).features);
    }
    return allowed;
  }

  private static Level level(String name) {
    return Arrays.stream(Level.values())
        .filter(level -> level.label().equals(name))
        .findFirst()
        .orElseThrow(() -> new SlipwayException("cpu features: " + name + " (expected: some of " + labels() + ")"));
  }

  private static String labels() {
    return Arrays.stream(Level.values()).map(Level::label).collect(Collectors.joining(", "));
  }

  /** Asked once, when it is first needed. */
  private static final class Detected {
    static final Set<CpuFeature> FEATURES = Cpuid.features();
  }
}
