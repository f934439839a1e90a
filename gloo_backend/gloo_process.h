#pragma once

namespace gridlock {

/// Makes the calling process one that can lose peers of Gloo and live: what Gloo's own thread throws parks
/// that thread instead of ending the process, a write to a peer that is gone is an error and no signal, and
/// as many files may be open as the system allows. For a rank's process, before it uses Gloo.
void prepare_gloo_process();

}  // namespace gridlock
