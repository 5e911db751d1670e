package dev.slipway.cli;

import dev.slipway.analysis.OnnxRuntime;
import dev.slipway.analysis.PeaksCache;
import dev.slipway.backend.Availability;
import dev.slipway.backend.BackendProvider;
import dev.slipway.backend.Backends;
import dev.slipway.backend.Peaks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code slipway env}. */
@Command(
    name = "env",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Prints the JDK, the processor, the backends, and every environment variable and property read.")
final class Env implements Callable<Integer> {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /** Those of x86-64 and AArch64 that kernels can use. */
  private static final List<String> FEATURES = List.of(
      "sse4_2", "avx", "avx2", "fma", "f16c", "avx_vnni", "avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512_vnni",
      "avx512_bf16", "avx512_fp16", "amx_tile", "amx_int8", "amx_bf16", "asimd", "asimddp", "asimdhp", "bf16", "i8mm",
      "sve", "sve2");

  private static final Map<String, String> VARIABLES = variables();
  private static final Map<String, String> PROPERTIES = properties();

  @Mixin private CommonOptions common;

  private static Map<String, String> variables() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("SLIPWAY_JAVA_HOME", "the JDK to run on, before all others (slipway, mvnw)");
    variables.put("JAVA_HOME", "the JDK to run on, where it is new enough (slipway, mvnw)");
    variables.put("JAVA25_HOME", "the same (slipway, mvnw)");
    variables.put("JAVA_HOME_25_X64", "the same (slipway, mvnw)");
    variables.put("HOME", "where JDKs of sdkman and IDEs are looked for (slipway, mvnw)");
    variables.put("PATH", "where java is looked for last (slipway, mvnw), and Python packages of CUDA");
    variables.put("SLIPWAY_JAVA_OPTIONS", "more options for java (slipway)");
    variables.put("SLIPWAY_PLUGINS", "jars or folders of modules with kernel providers or data set formats (slipway)");
    variables.put(PeaksCache.VARIABLE, "the folder of caches (default: ~/.cache); its folder slipway is used");
    variables.put(OnnxRuntime.VARIABLE, "the jar of ONNX Runtime, to compare with (bench --against onnxruntime)");
    variables.put("LD_LIBRARY_PATH", "where libraries of CUDA are looked for first");
    variables.put("CUDA_HOME", "the CUDA toolkit, whose lib64 is looked into next");
    variables.put("CUDA_PATH", "the same");
    variables.put("VIRTUAL_ENV", "a Python environment, whose packages of CUDA are looked into last");
    return variables;
  }

  private static Map<String, String> properties() {
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put(Installation.ROOT_PROPERTY, "the folder of the checkout or distribution, set by the launcher");
    properties.put(PeaksCache.PROPERTY, "the folder of what was measured of this machine");
    properties.put("slipway.cpu.vector", "off: scalar kernels on the cpu backend although the Vector API is there");
    properties.put("slipway.cpu.assembler", "off: no machine code on the cpu backend, kernels in Java only");
    properties.put(
        "slipway.cpu.features",
        "what machine code may use although the processor has more (--cpu-features): none, avx2, avxvnni, avx512,"
            + " avx512vnni, avx512bf16, avx512fp16, amx");
    properties.put(
        "slipway.cpu.winograd",
        "off: no Winograd convolutions; 2, 4 or 6: tiles up to that size whatever their error");
    properties.put("slipway.cuda.libraries", "folders with libraries of CUDA, colons between them, before all others");
    properties.put("slipway.shared", "folder of models and golden data for tests");
    properties.put("slipway.test.module", "the module under test, in the summary of tests");
    properties.put("slipway.test.skipTags", "tags of tests that are left out, in the summary of tests");
    return properties;
  }

  @Override
  public Integer call() {
    Terminal terminal = common.terminal();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("version", new Version().getVersion()[0]);
    json.put("jdk", jdk());
    json.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
        + System.getProperty("os.arch"));
    json.put("cpu", cpuName());
    json.put("processors", Runtime.getRuntime().availableProcessors());
    json.put("cpuFeatures", cpuFeatures());
    json.put("heapBytes", Runtime.getRuntime().maxMemory());
    json.put("vectorModule", ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent());
    json.put("backends", backends());
    json.put("peaks", PeaksCache.ofUser().folder().toString());
    json.put("measuredPeaks", measuredPeaks());
    json.put("environment", values(VARIABLES, System.getenv()));
    json.put("properties", values(PROPERTIES, properties(System.getProperties().stringPropertyNames())));
    print(terminal, json);
    terminal.json(json);
    return ExitStatus.DONE;
  }

  private static String jdk() {
    return Runtime.version() + ", " + System.getProperty("java.vm.name") + ", " + System.getProperty("java.home");
  }

  private static String cpuName() {
    return cpuInfo("model name").orElse(System.getProperty("os.arch"));
  }

  private static List<String> cpuFeatures() {
    List<String> flags = cpuInfo("flags").or(() -> cpuInfo("Features"))
        .map(text -> Arrays.asList(text.split(" ")))
        .orElse(List.of());
    return FEATURES.stream().filter(flags::contains).toList();
  }

  private static Optional<String> cpuInfo(String key) {
    try {
      return Files.readAllLines(CPU_INFO).stream()
          .filter(line -> line.startsWith(key) && line.contains(":"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Map<String, Object> backends() {
    Map<String, Object> backends = new LinkedHashMap<>();
    for (BackendProvider provider : Backends.all()) {
      Map<String, Object> state = new LinkedHashMap<>();
      switch (provider.availability()) {
        case Availability.Usable(String description) -> {
          state.put("usable", true);
          state.put("description", description);
        }
        case Availability.Unusable(String reason) -> {
          state.put("usable", false);
          state.put("reason", reason);
        }
      }
      backends.put(provider.name(), state);
    }
    return backends;
  }

  /** What profile has measured, by device, on the most threads. */
  private static Map<String, String> measuredPeaks() {
    Map<String, String> measured = new LinkedHashMap<>();
    PeaksCache.ofUser().known().forEach((device, peaks) -> {
      int threads = peaks.compute().stream().mapToInt(Peaks.Compute::threads).max().orElseThrow();
      measured.put(device, LayerTable.roofs(peaks, threads));
    });
    return measured;
  }

  private static Map<String, String> properties(Iterable<String> names) {
    Map<String, String> properties = new LinkedHashMap<>();
    names.forEach(name -> properties.put(name, System.getProperty(name)));
    return properties;
  }

  private static Map<String, String> values(Map<String, String> known, Map<String, String> actual) {
    Map<String, String> values = new LinkedHashMap<>();
    known.keySet().forEach(name -> values.put(name, actual.getOrDefault(name, "")));
    return values;
  }

  private static void print(Terminal terminal, Map<String, Object> json) {
    Table table = Table.of("", "");
    json.forEach((key, value) -> {
      if (!(value instanceof Map)) {
        table.row(key, key.equals("heapBytes") ? Quantity.bytes((double) (long) value) : value);
      }
    });
    table.lines().stream().skip(1).forEach(terminal::print);
    terminal.print("");
    Table backends = Table.of("backend", "");
    ((Map<?, ?>) json.get("backends")).forEach((name, state) -> backends.row(name, describe((Map<?, ?>) state)));
    terminal.print(backends);
    terminal.print("");
    Map<?, ?> measured = (Map<?, ?>) json.get("measuredPeaks");
    if (!measured.isEmpty()) {
      Table peaks = Table.of("peaks of", "measured by slipway profile");
      measured.forEach(peaks::row);
      terminal.print(peaks);
      terminal.print("");
    }
    terminal.print(described("environment variable", VARIABLES, (Map<?, ?>) json.get("environment")));
    terminal.print("");
    terminal.print(described("system property", PROPERTIES, (Map<?, ?>) json.get("properties")));
  }

  private static String describe(Map<?, ?> state) {
    return state.get("usable").equals(true)
        ? "usable: " + state.get("description")
        : "not usable: " + state.get("reason");
  }

  private static Table described(String heading, Map<String, String> known, Map<?, ?> values) {
    Table table = Table.of(heading, "value", "what for");
    known.forEach((name, purpose) -> table.row(
        name, values.get(name).equals("") ? "not set" : name.equals("PATH") ? "set" : values.get(name), purpose));
    return table;
  }
}
