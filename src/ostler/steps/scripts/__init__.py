"""Fixed shell scripts that steps run on hosts; their values come as positional parameters."""
