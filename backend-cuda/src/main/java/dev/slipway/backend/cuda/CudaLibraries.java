package dev.slipway.backend.cuda;

import dev.slipway.backend.BackendUnavailableException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The driver and the libraries that this backend calls, loaded once a process. */
final class CudaLibraries {
  private static final List<Integer> TOOLKITS = List.of(13, 12);
  private static final List<Integer> CUDNN = List.of(9);

  private static Optional<CudaLibraries> loaded = Optional.empty();

  private final Driver driver;
  private final Nvrtc nvrtc;
  private final NativeLibrary cublas;
  private final Cudnn cudnn;
  private final List<NativeLibrary> all;

  private CudaLibraries(LibrarySearch search) {
    NativeLibrary cuda = NativeLibrary.byName("libcuda.so.1");
    NativeLibrary compiler = NativeLibrary.find("nvrtc", TOOLKITS, search);
    cublas = NativeLibrary.find("cublasLt", TOOLKITS, search);
    NativeLibrary dnn = NativeLibrary.find("cudnn", CUDNN, search);
    all = List.of(cuda, compiler, cublas, dnn);
    driver = new Driver(cuda);
    nvrtc = new Nvrtc(compiler);
    cudnn = new Cudnn(dnn);
  }

  /**
   * Those of this machine.
   *
   * @throws BackendUnavailableException where one is missing; asked again, it looks again
   */
  static synchronized CudaLibraries load() {
    if (loaded.isEmpty()) {
      loaded = Optional.of(new CudaLibraries(LibrarySearch.ofMachine()));
    }
    return loaded.get();
  }

  Driver driver() {
    return driver;
  }

  Nvrtc nvrtc() {
    return nvrtc;
  }

  Cudnn cudnn() {
    return cudnn;
  }

  /** Needs a current context; the caller closes it. */
  CublasLt newCublas() {
    return new CublasLt(cublas);
  }

  /** The version of each library, where it was found and why there. */
  List<String> locations() {
    List<String> versions = List.of(
        "driver, API " + driver.version(), "NVRTC " + nvrtc.version(), "cuBLASLt " + CublasLt.version(cublas),
        "cuDNN " + cudnn.version());
    return IntStream.range(0, versions.size()).mapToObj(i -> versions.get(i) + ": " + all.get(i).location()).toList();
  }
}
