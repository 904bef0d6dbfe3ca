# shellcheck shell=sh
# shellcheck disable=SC2034  # who sources it uses the variables
# The machines that filters are proved on; to be sourced.
#
# In: a machine's name. Out: variables. `kind` is what runs it: `system` boots the kernel of
# Debian's `suite` in an emulator, `user` runs single programs in an emulator, on the kernel of the
# build host. `compat` lists the other ABIs that the kernel has, as ABI:TRIPLET:FLAGS of a compiler.

# Those that take longest come first.
all_machines='arm s390x aarch64 mips powerpc x86 ppc64le mips64el x86_64'

machine () { # NAME
  kind=system suite=bookworm compat='' more_compilers=''
  parameters=''
  options='-m 512 -nographic -no-reboot'
  case $1 in
  s390x)
    abi=s390x arch=s390x kernel=linux-image-s390x triplet=s390x-linux-gnu
    compat="s390:$triplet:-m31" more_compilers=gcc-multilib-s390x-linux-gnu
    emulator='qemu-system-s390x -M s390-ccw-virtio' console=ttysclp0
    ;;
  aarch64)
    abi=aarch64 arch=arm64 kernel=linux-image-arm64 triplet=aarch64-linux-gnu
    compat='arm:arm-linux-gnueabihf:' more_compilers='gcc-arm-linux-gnueabihf libc6-dev-armhf-cross'
    emulator='qemu-system-aarch64 -M virt -cpu cortex-a57' console=ttyAMA0
    ;;
  arm)
    abi=arm arch=armhf kernel=linux-image-armmp-lpae triplet=arm-linux-gnueabihf
    emulator='qemu-system-arm -M virt -cpu cortex-a15' console=ttyAMA0
    ;;
  mips64el)
    abi=mipsel64 arch=mips64el kernel=linux-image-5kc-malta triplet=mips64el-linux-gnuabi64
    compat="mipsel:$triplet:-mabi=32 mipsel64n32:$triplet:-mabi=n32"
    more_compilers=gcc-multilib-mips64el-linux-gnuabi64
    emulator='qemu-system-mips64el -M malta -cpu 5KEf' console=ttyS0
    ;;
  ppc64le)
    abi=ppc64le arch=ppc64el kernel=linux-image-powerpc64le triplet=powerpc64le-linux-gnu
    emulator='qemu-system-ppc64 -M pseries' console=hvc0
    ;;
  x86)
    abi=x86 arch=i386 kernel=linux-image-686 triplet=i686-linux-gnu
    emulator='qemu-system-i386' console=ttyS0
    ;;
  x86_64)
    # An old kernel: it lacks the bitmap of what is always allowed and the newest flag.
    abi=x86_64 arch=amd64 suite=bullseye kernel=linux-image-amd64 triplet=x86_64-linux-gnu
    compat="x86:i686-linux-gnu: x32:$triplet:"
    more_compilers='gcc-i686-linux-gnu libc6-dev-i386-cross'
    emulator='qemu-system-x86_64' console=ttyS0
    parameters=syscall.x32=y # Debian has x32 switched off
    ;;
  mips)
    kind=user abi=mips arch=mips triplet=mips-linux-gnu emulator=qemu-mips
    ;;
  powerpc)
    kind=user abi=ppc arch=powerpc triplet=powerpc-linux-gnu emulator=qemu-ppc
    ;;
  *)
    return 1
    ;;
  esac
  # The host's own compiler serves x86_64.
  compilers=$more_compilers
  [ "$arch" = amd64 ] || compilers="$compilers gcc-$triplet libc6-dev-$arch-cross"
}
