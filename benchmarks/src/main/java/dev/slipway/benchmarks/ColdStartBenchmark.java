package dev.slipway.benchmarks;

import ai.onnxruntime.OrtEnvironment;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.Backends;
import dev.slipway.backend.OptimizationProfile;
import dev.slipway.backend.PlanFile;
import dev.slipway.builder.BuildOptions;
import dev.slipway.builder.Builder;
import dev.slipway.onnx.OnnxReader;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Fresh processes from their start to their first result, with a plan and with a model by ONNX Runtime, alternated;
 * and the most memory that they had resident until then. Both sides get the same options of the virtual machine. The
 * peer's native libraries are unpacked before, which it would do in every process otherwise.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --samples 11}, {@code --only TEXT},
 * {@code --java-options "-XX:+UseSerialGC"}.
 */
public final class ColdStartBenchmark {
  private static final List<String> LEAN = List.of(
      "dev.slipway.tensor", "dev.slipway.graph", "dev.slipway.operators", "dev.slipway.backend", "dev.slipway.runtime",
      "dev.slipway.backend.cpu");
  private static final String NATIVE_FILES = "ai/onnxruntime/native/linux-x64/";
  private static final String PEAK = "VmHWM:";

  private final List<Path> folders = new ArrayList<>();
  private List<Integer> threads = List.of(2);
  private List<String> javaOptions = List.of("-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx512m");
  private int samples = 11;
  private String only = "squeezenet";

  private ColdStartBenchmark() {}

  /**
   * One process.
   *
   * @param result what it wrote
   */
  private record Start(double millis, double peakMegabytes, String result) {}

  public static void main(String[] arguments) throws IOException {
    ColdStartBenchmark benchmark = new ColdStartBenchmark();
    benchmark.parse(arguments);
    benchmark.run();
    System.exit(0);
  }

  private void parse(String[] arguments) {
    for (int i = 0; i < arguments.length; i++) {
      switch (arguments[i]) {
        case "--threads" -> threads = Arrays.stream(arguments[++i].split(",")).map(Integer::valueOf).toList();
        case "--samples" -> samples = Integer.parseInt(arguments[++i]);
        case "--only" -> only = arguments[++i];
        case "--java-options" -> javaOptions = List.of(arguments[++i].split(" "));
        default -> folders.add(Path.of(arguments[i]));
      }
    }
  }

  private void run() throws IOException {
    Path folder = Files.createTempDirectory("coldstart");
    unpackNativeFiles(folder);
    System.out.printf("%-28s %7s %10s %10s %7s %10s %10s %7s%n", "model", "threads", "slipway ms", "ort ms", "ratio",
        "slipway MB", "ort MB", "same");
    for (Workload workload : Workload.ALL) {
      Optional<Path> model = workload.source().file(folders);
      if (workload.name().contains(only) && model.isPresent()) {
        for (int count : threads) {
          compare(workload, model.get(), count, folder);
        }
      }
    }
    deleteAll(folder);
  }

  private void compare(Workload workload, Path model, int count, Path folder) throws IOException {
    Path plan = folder.resolve("model.plan");
    build(workload, model, count, plan);
    List<String> ours = command(slipwayOptions(), SlipwayFirstResult.class, plan, count, workload);
    List<String> theirs = command(peerOptions(folder), OnnxRuntimeFirstResult.class, model, count, workload);
    List<Start> own = new ArrayList<>();
    List<Start> peer = new ArrayList<>();
    for (int i = -1; i < samples; i++) {
      Start a = start(ours);
      Start b = start(theirs);
      if (i >= 0) {
        own.add(a);
        peer.add(b);
      }
    }
    double ownMillis = median(own.stream().mapToDouble(Start::millis).toArray());
    double peerMillis = median(peer.stream().mapToDouble(Start::millis).toArray());
    System.out.printf(Locale.ROOT, "%-28s %7d %10.1f %10.1f %7.2f %10.1f %10.1f %7s%n", workload.name(), count, ownMillis,
        peerMillis, peerMillis / ownMillis, median(own.stream().mapToDouble(Start::peakMegabytes).toArray()),
        median(peer.stream().mapToDouble(Start::peakMegabytes).toArray()),
        own.getFirst().result().equals(peer.getFirst().result()));
  }

  private static void build(Workload workload, Path model, int count, Path plan) {
    Map<String, OptimizationProfile.Range> ranges = new LinkedHashMap<>();
    workload.shapes().forEach((name, dims) -> ranges.put(name, OptimizationProfile.Range.exactly(dims)));
    BuildOptions options = BuildOptions.defaults()
        .withTuning(BuildOptions.Tuning.OFF)
        .withProfiles(List.of(new OptimizationProfile(ranges)));
    try (Backend backend = Backends.open("cpu", BackendOptions.withThreads(count))) {
      PlanFile.write(new Builder(backend, options).build(OnnxReader.read(model)).plan(), plan);
    }
  }

  private List<String> command(List<String> options, Class<?> main, Path file, int count, Workload workload) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(javaOptions);
    command.addAll(options);
    command.add(main.getName());
    command.add(file.toString());
    command.add(Integer.toString(count));
    workload.shapes().forEach((name, dims) -> {
      command.add(name);
      command.add(String.join(",", Arrays.stream(dims).mapToObj(Long::toString).toList()));
    });
    return command;
  }

  /** The lean runtime on the module path; the Vector API where this process has it. */
  private static List<String> slipwayOptions() {
    List<String> path = new ArrayList<>();
    for (String module : LEAN) {
      path.add(Path.of(ModuleLayer.boot().configuration().findModule(module).orElseThrow().reference().location()
          .orElseThrow()).toString());
    }
    String vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() ? ",jdk.incubator.vector" : "";
    return List.of("-p", String.join(File.pathSeparator, path),
        "--add-modules=dev.slipway.runtime,dev.slipway.backend.cpu" + vectors,
        "--enable-native-access=dev.slipway.backend.cpu", "-cp", classes(ColdStartBenchmark.class));
  }

  private static List<String> peerOptions(Path folder) {
    return List.of("--enable-native-access=ALL-UNNAMED", "-Donnxruntime.native.path=" + folder, "-cp",
        classes(ColdStartBenchmark.class) + File.pathSeparator + classes(OrtEnvironment.class));
  }

  private static String classes(Class<?> type) {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().getPath()).toString();
  }

  private static void unpackNativeFiles(Path folder) throws IOException {
    try (ZipFile jar = new ZipFile(classes(OrtEnvironment.class))) {
      for (ZipEntry entry : jar.stream().filter(file -> file.getName().startsWith(NATIVE_FILES)).toList()) {
        if (!entry.isDirectory()) {
          try (InputStream bytes = jar.getInputStream(entry)) {
            Files.copy(bytes, folder.resolve(Path.of(entry.getName()).getFileName()));
          }
        }
      }
    }
  }

  private static Start start(List<String> command) throws IOException {
    long begin = System.nanoTime();
    Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (BufferedReader output = process.inputReader()) {
      String result = output.readLine();
      double millis = (System.nanoTime() - begin) / 1e6;
      if (result == null) {
        throw new IOException("no result of " + String.join(" ", command));
      }
      return new Start(millis, peakMegabytes(process.pid()), result);
    } finally {
      process.destroyForcibly();
    }
  }

  private static double peakMegabytes(long process) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + process + "/status"))) {
      if (line.startsWith(PEAK)) {
        return Long.parseLong(line.substring(PEAK.length()).replace("kB", "").strip()) / 1024.0;
      }
    }
    return Double.NaN;
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static void deleteAll(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
