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
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.spi.ToolProvider;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Fresh processes from their start to their first result, with a plan and with a model by ONNX Runtime, alternated;
 * and the most memory that they had resident until then. Both sides get the same options of the virtual machine. The
 * peer is measured as its jar comes, which unpacks its native libraries in every process, and with them unpacked
 * before. All classes come from jars. With {@code --archive} each side has an archive of its classes (CDS) that a
 * process before has written.
 *
 * <p>Arguments: the folders to look for models in, then {@code --threads 1,2}, {@code --samples 11},
 * {@code --only TEXT}, {@code --java-options "-XX:+UseSerialGC"}, {@code --archive}.
 */
public final class ColdStartBenchmark {
  private static final List<String> LEAN = List.of(
      "dev.slipway.tensor", "dev.slipway.graph", "dev.slipway.operators", "dev.slipway.backend", "dev.slipway.runtime",
      "dev.slipway.backend.cpu");
  private static final String JAVA_OPTIONS =
      "-XX:+UseSerialGC -XX:-UsePerfData -XX:TieredStopAtLevel=1 -Xmx512m -Xlog:disable";
  private static final String NATIVE_FILES = "ai/onnxruntime/native/linux-x64/";
  private static final String PEAK = "VmHWM:";

  private final List<Path> folders;
  private final List<Integer> threads;
  private final List<String> javaOptions;
  private final boolean archive;
  private final int samples;
  private final String only;

  private ColdStartBenchmark(Arguments arguments) {
    folders = arguments.paths();
    threads = arguments.threads(2);
    samples = arguments.integer("--samples", 11);
    only = arguments.text("--only", "squeezenet");
    archive = arguments.has("--archive");
    javaOptions = List.of(arguments.text("--java-options", JAVA_OPTIONS).split(" "));
  }

  /**
   * One process.
   *
   * @param result what it wrote
   */
  private record Start(double millis, double peakMegabytes, String result) {}

  public static void main(String[] arguments) throws IOException {
    List<String> options = List.of("--threads", "--samples", "--only", "--java-options");
    new ColdStartBenchmark(Arguments.parse(arguments, options, "--archive")).run();
    System.exit(0);
  }

  private void run() throws IOException {
    Path folder = Files.createTempDirectory("coldstart");
    unpackNativeFiles(folder);
    System.out.printf("%-28s %7s %10s %10s %11s %10s %10s %7s%n", "model", "threads", "slipway ms", "ort ms",
        "unpacked ms", "slipway MB", "ort MB", "same");
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
    List<List<String>> commands = List.of(
        command("ours", slipwayOptions(folder), SlipwayFirstResult.class, plan, count, workload, folder),
        command("theirs", peerOptions(folder), OnnxRuntimeFirstResult.class, model, count, workload, folder),
        command("unpacked", unpackedPeerOptions(folder), OnnxRuntimeFirstResult.class, model, count, workload, folder));
    List<List<Start>> starts = new ArrayList<>();
    for (List<String> command : commands) {
      start(command);
      starts.add(new ArrayList<>());
    }
    for (int i = 0; i < samples; i++) {
      for (int side = 0; side < commands.size(); side++) {
        starts.get(side).add(start(commands.get(side)));
      }
    }
    boolean same = starts.get(0).getFirst().result().equals(starts.get(1).getFirst().result());
    System.out.printf(Locale.ROOT, "%-28s %7d %10.1f %10.1f %11.1f %10.1f %10.1f %7s%n", workload.name(), count,
        median(starts.get(0), Start::millis), median(starts.get(1), Start::millis),
        median(starts.get(2), Start::millis),
        median(starts.get(0), Start::peakMegabytes), median(starts.get(1), Start::peakMegabytes), same);
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

  private List<String> command(
      String side, List<String> options, Class<?> main, Path file, int count, Workload workload, Path folder) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(javaOptions);
    if (archive) {
      command.add("-XX:+AutoCreateSharedArchive");
      command.add("-XX:SharedArchiveFile=" + folder.resolve(side + ".jsa"));
    }
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
  private static List<String> slipwayOptions(Path folder) throws IOException {
    List<String> path = new ArrayList<>();
    for (String module : LEAN) {
      Path classes = Path.of(
          ModuleLayer.boot().configuration().findModule(module).orElseThrow().reference().location().orElseThrow());
      path.add(jar(classes, folder.resolve(module + ".jar")));
    }
    String vectors = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() ? ",jdk.incubator.vector" : "";
    return List.of("-p", String.join(File.pathSeparator, path),
        "--add-modules=dev.slipway.runtime,dev.slipway.backend.cpu" + vectors,
        "--enable-native-access=dev.slipway.backend.cpu", "-cp", ownJar(folder));
  }

  private static List<String> peerOptions(Path folder) throws IOException {
    return List.of("--enable-native-access=ALL-UNNAMED", "-cp",
        ownJar(folder) + File.pathSeparator + classes(OrtEnvironment.class));
  }

  private static List<String> unpackedPeerOptions(Path folder) throws IOException {
    List<String> options = new ArrayList<>(peerOptions(folder));
    options.add("-Donnxruntime.native.path=" + folder);
    return options;
  }

  private static String ownJar(Path folder) throws IOException {
    return jar(Path.of(classes(ColdStartBenchmark.class)), folder.resolve("benchmarks.jar"));
  }

  private static String classes(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString())).toString();
  }

  /** A jar of classes, which they may be in already. */
  private static String jar(Path classes, Path jar) throws IOException {
    if (!Files.isDirectory(classes)) {
      return classes.toString();
    }
    ToolProvider tool = ToolProvider.findFirst("jar").orElseThrow();
    if (!Files.exists(jar)
        && tool.run(System.out, System.err, "--create", "--file", jar.toString(), "-C", classes.toString(), ".") != 0) {
      throw new IOException("cannot write " + jar);
    }
    return jar.toString();
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
      double megabytes = peakMegabytes(process.pid());
      process.getOutputStream().close();
      process.waitFor();
      return new Start(millis, megabytes, result);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
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

  private static double median(List<Start> starts, ToDoubleFunction<Start> figure) {
    double[] sorted = starts.stream().mapToDouble(figure).sorted().toArray();
    return sorted[sorted.length / 2];
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
